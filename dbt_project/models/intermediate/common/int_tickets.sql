-- Grain: one row a ticket of any helpdesk. Deleted, merged and spam tickets stay, flagged.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed() }}") }}

with

zendesk as (select * from {{ ref('int_tickets_zendesk') }}),

files as (select * from {{ ref('int_tickets_files') }}),

changes as (select * from {{ ref('int_ticket_changes') }}),

unioned as (
    select * from zendesk
    union all
    select * from files
),

final as (
    select unioned.*, changes.fingerprint
    from unioned
    inner join changes on unioned.ticket_id = changes.ticket_id
)

select * from final
