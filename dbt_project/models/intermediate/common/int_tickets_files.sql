-- Grain: one row an exported ticket, in the common shape of int_tickets.
{{ config(materialized='ephemeral') }}

with

tickets as ({{ only_changed(ref('stg_files__tickets')) }}),

users as (select * from {{ ref('stg_files__users') }}),

organizations as (select * from {{ ref('stg_files__organizations') }}),

placed as (
    select
        tickets.*,
        coalesce(tickets.organization_id, users.organization_id) as account_id,
        users.locale as user_locale
    from tickets
    left join users on {{ prefixed('tickets.requester_id', 'tickets.source') }} = users.user_id
),

final as (
    select
        placed.ticket_id,
        placed.source,
        placed.source_id as source_ticket_id,
        placed.subject,
        placed.description,
        case
            when placed.status in ('resolved', 'done', 'completed') then 'solved'
            when placed.status in ('in progress', 'in_progress', 'reopened') then 'open'
            when placed.status in ('waiting', 'awaiting reply') then 'pending'
            when placed.status in ('on-hold', 'on hold') then 'hold'
            else coalesce(placed.status, case when placed.solved_at is not null then 'solved' end)
        end as status,
        placed.priority,
        placed.channel,
        placed.category,
        placed.tags,
        {{ prefixed('placed.requester_id', 'placed.source') }} as requester_id,
        cast(null as {{ dbt.type_string() }}) as assignee_id,
        cast(null as {{ dbt.type_string() }}) as group_name,
        {{ prefixed('placed.account_id', 'placed.source') }} as organization_id,
        organizations.name as organization_name,
        coalesce(placed.locale, placed.user_locale) as locale,
        placed.url,
        placed.app_version as app_version_field,
        cast(null as {{ dbt.type_string() }}) as merged_into_ticket_id,
        false as is_merged,
        coalesce(placed.status = 'deleted', false) as is_deleted,
        coalesce(placed.is_spam, false) as is_spam,
        placed.created_at,
        placed.updated_at,
        placed.solved_at,
        {{ known_at('placed.created_at', 'placed') }} as known_at
    from placed
    left join organizations
        on {{ prefixed('placed.account_id', 'placed.source') }} = organizations.organization_id
)

select * from final
