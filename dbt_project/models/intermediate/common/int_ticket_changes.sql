-- Grain: one row a ticket whose rows in the common shape are to be made again: what they are made of is not what it
-- was when all models were last built (control.tickets_built). fingerprint is null where nothing is left of a ticket.
with

tickets as (select * from {{ ref('stg_zendesk__tickets') }}),

users as (select * from {{ ref('stg_zendesk__users') }}),

organizations as (select * from {{ ref('stg_zendesk__organizations') }}),

groups as (select * from {{ ref('stg_zendesk__groups') }}),

metrics as (select * from {{ ref('stg_zendesk__ticket_metrics') }}),

ratings as (select * from {{ ref('stg_zendesk__satisfaction_ratings') }}),

events as (select * from {{ ref('stg_zendesk__ticket_events') }}),

exported_tickets as (select * from {{ ref('stg_files__tickets') }}),

exported_messages as (select * from {{ ref('stg_files__messages') }}),

exported_users as (select * from {{ ref('stg_files__users') }}),

exported_organizations as (select * from {{ ref('stg_files__organizations') }}),

built as (select * from {{ source('control', 'tickets_built') }}),

named_fields as (
    select source, bit_xor({{ fingerprint(['field_id', 'name']) }}) as names
    from {{ ref('int_zendesk_named_fields') }}
    group by source
),

parts as (
    select
        tickets.ticket_id,
        {{ fingerprint([
            "'ticket'", 'tickets.seq', 'users.locale', 'organizations.name', 'groups.name', 'named_fields.names',
        ]) }} as part
    from tickets
    left join users on tickets.source = users.source and tickets.requester_id = users.source_id
    left join organizations
        on tickets.source = organizations.source and tickets.organization_id = organizations.source_id
    left join groups on tickets.group_id = groups.group_id and tickets.source = groups.source
    left join named_fields on tickets.source = named_fields.source
    union all
    select ticket_id, {{ fingerprint(["'metrics'", 'metric_key', 'seq']) }}
    from metrics
    union all
    select ticket_id, {{ fingerprint(["'rating'", 'rating_id', 'seq']) }}
    from ratings
    union all
    select
        events.ticket_id, {{ fingerprint(["'event'", 'events.event_key', 'events.child_id', 'events.seq', 'users.role']) }}
    from events
    left join users
        on events.source = users.source and coalesce(events.author_id, events.updater_id) = users.source_id
    union all
    select
        exported_tickets.ticket_id,
        {{ fingerprint([
            "'ticket'", 'exported_tickets.seq', 'exported_users.organization_id', 'exported_users.locale',
            'exported_organizations.name',
        ]) }}
    from exported_tickets
    left join exported_users
        on {{ prefixed('exported_tickets.requester_id', 'exported_tickets.source') }} = exported_users.user_id
    left join exported_organizations
        on {{ prefixed(
            'coalesce(exported_tickets.organization_id, exported_users.organization_id)', 'exported_tickets.source'
        ) }} = exported_organizations.organization_id
    union all
    select
        exported_messages.ticket_id,
        {{ fingerprint(["'message'", 'exported_messages.message_id', 'exported_messages.seq', 'exported_users.role']) }}
    from exported_messages
    left join exported_users
        on {{ prefixed('exported_messages.author_id', 'exported_messages.source') }} = exported_users.user_id
),

current_tickets as (
    select ticket_id, bit_xor(part) as fingerprint
    from parts
    where ticket_id is not null
    group by ticket_id
),

final as (
    select
        coalesce(current_tickets.ticket_id, built.ticket_id) as ticket_id,
        current_tickets.fingerprint
    from current_tickets
    full outer join built on current_tickets.ticket_id = built.ticket_id
    where current_tickets.fingerprint is null
        or built.fingerprint is null
        or current_tickets.fingerprint <> built.fingerprint
)

select * from final
