-- Grain: one row something that happened to a ticket (one field of one change).
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed() }}") }}

with

tickets as ({{ only_changed(ref('int_tickets')) }}),

users as (select * from {{ ref('int_users') }}),

changes as (
    {{ only_changed(ref('stg_zendesk__ticket_events')) }} and child_type in ('Change', 'Create')
),

named_fields as (select * from {{ ref('int_zendesk_named_fields') }} where name = 'category'),

exported as ({{ only_changed(ref('stg_files__tickets')) }}),

-- One row a changed field; a change carries its field as a key.
changed as (
    {% for field, event_type in [
        ('status', 'status'), ('priority', 'priority'), ('assignee_id', 'assignee'),
        ('tags', 'tags'), ('satisfaction_score', 'satisfaction'),
    ] %}
    select
        child_id || ':{{ event_type }}' as event_id, ticket_id, source, '{{ event_type }}' as event_type,
        previous_value, {{ field }} as new_value, updater_id, occurred_at, first_pulled_at, first_backfill
    from changes
    where {{ field }} is not null
    union all
    {% endfor %}
    select
        changes.child_id || ':category', changes.ticket_id, changes.source, 'category',
        changes.previous_value, {{ json_value('changes.custom_ticket_fields', 'named_fields.field_id') }},
        changes.updater_id, changes.occurred_at, changes.first_pulled_at, changes.first_backfill
    from changes
    inner join named_fields on changes.source = named_fields.source
    where {{ json_value('changes.custom_ticket_fields', 'named_fields.field_id') }} is not null
),

zendesk as (
    select
        changed.event_id,
        changed.ticket_id,
        changed.source,
        changed.event_type,
        changed.previous_value,
        changed.new_value,
        {{ prefixed('changed.updater_id', 'changed.source') }} as actor_id,
        case
            when changed.updater_id is null or changed.updater_id like '-%' then 'system'
            else coalesce(users.role, 'customer')
        end as actor_role,
        changed.occurred_at,
        {{ known_at('changed.occurred_at', 'changed') }} as known_at
    from changed
    left join users on {{ prefixed('changed.updater_id', 'changed.source') }} = users.user_id
    where changed.occurred_at is not null
),

created as (
    select
        ticket_id || ':created' as event_id,
        ticket_id,
        source,
        'created' as event_type,
        cast(null as {{ dbt.type_string() }}) as previous_value,
        cast(null as {{ dbt.type_string() }}) as new_value,
        requester_id as actor_id,
        'customer' as actor_role,
        created_at as occurred_at,
        known_at
    from tickets
    where created_at is not null
),

-- An export has no history; the time it was solved is the one change it tells.
solved as (
    select
        ticket_id || ':solved' as event_id,
        ticket_id,
        source,
        'status' as event_type,
        cast(null as {{ dbt.type_string() }}) as previous_value,
        'solved' as new_value,
        cast(null as {{ dbt.type_string() }}) as actor_id,
        'system' as actor_role,
        solved_at as occurred_at,
        {{ known_at('solved_at', 'exported') }} as known_at
    from exported
    where solved_at is not null
),

final as (
    select * from created
    union all
    select * from zendesk
    union all
    select * from solved
)

select * from final
