-- Grain: one row an exported message, and one an exported ticket that has a description: its opening message.
{{ config(materialized='ephemeral') }}

with

tickets as ({{ only_changed(ref('stg_files__tickets')) }}),

messages as ({{ only_changed(ref('stg_files__messages')) }}),

users as (select * from {{ ref('stg_files__users') }}),

replies as (
    select
        messages.message_id,
        messages.ticket_id,
        messages.source,
        {{ prefixed('messages.author_id', 'messages.source') }} as author_id,
        case
            when messages.author_role in ('agent', 'admin', 'staff') then 'agent'
            when messages.author_role in ('bot', 'system') then messages.author_role
            when messages.author_role is not null then 'customer'
            when messages.author_id = tickets.requester_id then 'customer'
            when users.role in ('agent', 'admin') then 'agent'
            when users.role is not null then 'customer'
            -- Without users and roles, whoever answers somebody else's ticket is an agent.
            when messages.author_id is not null and tickets.requester_id is not null then 'agent'
            else 'customer'
        end as author_role,
        messages.is_public,
        coalesce(messages.body, '') as body,
        messages.sent_at,
        {{ known_at('messages.sent_at', 'messages') }} as known_at
    from (select messages.* from messages where messages.sent_at is not null) as messages
    left join tickets on messages.ticket_id = tickets.ticket_id
    left join users on {{ prefixed('messages.author_id', 'messages.source') }} = users.user_id
),

openings as (
    select
        source || ':ticket-' || source_id as message_id,
        ticket_id,
        source,
        {{ prefixed('requester_id') }} as author_id,
        'customer' as author_role,
        true as is_public,
        description as body,
        created_at as sent_at,
        {{ known_at('created_at', 'tickets') }} as known_at
    from tickets
    where description is not null and created_at is not null
),

unioned as (
    select * from replies
    union all
    select * from openings
),

final as (
    select
        message_id,
        ticket_id,
        source,
        author_id,
        author_role,
        is_public,
        body,
        case
            when {{ matches('body', '<(p|br|div|a|ul|ol|li|span|html|body|table|blockquote)[ />]') }} then 'html'
            else 'text'
        end as body_format,
        sent_at,
        known_at
    from unioned
)

select * from final
