-- Grain: ticket_id x link. Issues of a tracker that a ticket names: in a message, or by a known-issue tag.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with messages as (
    select ticket_id, body, known_at from ({{ facts_changed(ref('int_messages')) }}) as messages where body is not null
),

facts as (
    select tickets.ticket_id, tickets.tags, tickets.created_at, tickets.known_at
    from ({{ facts_changed(ref('int_tickets')) }}) as tickets
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = tickets.ticket_id
),

in_messages as (
    select
        messages.ticket_id,
        patterns.tracker || ':' || unnest(regexp_extract_all(messages.body, patterns.pattern, 1)) as link,
        messages.known_at
    from messages
    inner join {{ ref('tracker_links') }} as patterns on contains(messages.body, patterns.marker)
),

in_tags as (
    select ticket_id, 'tag:' || tag as link, greatest(created_at, known_at) as known_at
    from (select ticket_id, unnest(tags) as tag, created_at, known_at from facts)
    where starts_with(lower(tag), 'known-issue-')
),

final as (
    select ticket_id, link, min(known_at) as known_at
    from (select * from in_messages union all select * from in_tags)
    group by ticket_id, link
)

select final.* from final inner join facts on facts.ticket_id = final.ticket_id
