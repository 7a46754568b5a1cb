-- Grain: one row a ticket of any helpdesk. Deleted, merged and spam tickets stay, flagged.
with

zendesk as (select * from {{ ref('int_tickets_zendesk') }}),

files as (select * from {{ ref('int_tickets_files') }}),

unioned as (
    select * from zendesk
    union all
    select * from files
),

final as (
    select
        unioned.*,
        coalesce(organization_id, requester_id, ticket_id) as reporter_key,
        organization_id as account_key
    from unioned
)

select * from final
