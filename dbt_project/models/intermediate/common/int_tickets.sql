-- Grain: one row a ticket of any helpdesk. Deleted, merged and spam tickets stay, flagged.
with

zendesk as (select * from {{ ref('int_tickets_zendesk') }}),

files as (select * from {{ ref('int_tickets_files') }}),

final as (
    select * from zendesk
    union all
    select * from files
)

select * from final
