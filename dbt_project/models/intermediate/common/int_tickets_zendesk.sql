-- Grain: one row a Zendesk ticket, in the common shape of int_tickets.
{{ config(materialized='ephemeral') }}

with

tickets as ({{ only_changed(ref('stg_zendesk__tickets')) }}),

users as (select * from {{ ref('stg_zendesk__users') }}),

organizations as (select * from {{ ref('stg_zendesk__organizations') }}),

groups as (select * from {{ ref('stg_zendesk__groups') }}),

metrics as ({{ only_changed(ref('stg_zendesk__ticket_metrics')) }}),

events as ({{ only_changed(ref('stg_zendesk__ticket_events')) }}),

named_fields as (select * from {{ ref('int_zendesk_named_fields') }}),

field_items as (
    select ticket_id, source, {{ each(json_items('custom_fields', '$')) }} as item
    from tickets
),

field_values as (
    select
        field_items.ticket_id,
        max(case when named_fields.name = 'category' then {{ json_text('item', '$.value') }} end) as category,
        max(case when named_fields.name = 'version' then {{ json_text('item', '$.value') }} end) as app_version
    from field_items
    inner join named_fields
        on field_items.source = named_fields.source
        and {{ json_text('item', '$.id') }} = named_fields.field_id
    group by field_items.ticket_id
),

-- The comment Zendesk writes on the ticket that was closed names the one it went into.
merges as (
    select ticket_id, max({{ first_match('lower(body)', '(?:merged|closed) into (?:request|ticket) #([0-9]+)') }}) as target
    from events
    where child_type = 'Comment' and ticket_id in (
        select tickets.ticket_id from tickets where {{ holds('tickets.tags', "'closed_by_merge'") }}
    )
    group by ticket_id
),

final as (
    select
        tickets.ticket_id,
        tickets.source,
        tickets.source_id as source_ticket_id,
        tickets.subject,
        tickets.description,
        tickets.status,
        tickets.priority,
        tickets.channel,
        nullif(field_values.category, '') as category,
        tickets.tags,
        {{ prefixed('tickets.requester_id', 'tickets.source') }} as requester_id,
        {{ prefixed('tickets.assignee_id', 'tickets.source') }} as assignee_id,
        groups.name as group_name,
        {{ prefixed('tickets.organization_id', 'tickets.source') }} as organization_id,
        organizations.name as organization_name,
        users.locale,
        {{ first_match('tickets.api_url', '^(https?://.+)/api/v2/') }}
            || '/agent/tickets/' || tickets.source_id as url,
        nullif(field_values.app_version, '') as app_version_field,
        {{ prefixed('merges.target', 'tickets.source') }} as merged_into_ticket_id,
        {{ holds('tickets.tags', "'closed_by_merge'") }} as is_merged,
        tickets.status = 'deleted' as is_deleted,
        {{ holds('tickets.tags', "'spam'") }} as is_spam,
        tickets.created_at,
        tickets.updated_at,
        metrics.solved_at,
        {{ known_at('tickets.created_at', 'tickets') }} as known_at
    from tickets
    left join users on {{ prefixed('tickets.requester_id', 'tickets.source') }} = users.user_id
    left join organizations
        on {{ prefixed('tickets.organization_id', 'tickets.source') }} = organizations.organization_id
    left join groups on tickets.group_id = groups.group_id and tickets.source = groups.source
    left join metrics on tickets.ticket_id = metrics.ticket_id
    left join field_values on tickets.ticket_id = field_values.ticket_id
    left join merges on tickets.ticket_id = merges.ticket_id
)

select * from final
