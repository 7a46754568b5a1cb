-- Grain: one row a comment on a Zendesk ticket, and one a ticket whose opening comment was not delivered.
{{ config(materialized='ephemeral') }}

with

tickets as ({{ only_changed(ref('stg_zendesk__tickets')) }}),

users as (select * from {{ ref('stg_zendesk__users') }}),

comments as (
    {{ only_changed(ref('stg_zendesk__ticket_events')) }}
        and child_type = 'Comment' and occurred_at is not null
),

-- Who wrote it. An author we do not know is never taken for an agent.
spoken as (
    select
        comments.child_id as message_id,
        comments.ticket_id,
        comments.source,
        {{ prefixed('comments.author_id', 'comments.source') }} as author_id,
        case
            when comments.author_id is null or comments.author_id like '-%' or comments.author_id = '0' then 'system'
            when lower(comments.via) in ('rule', 'chat_transcript', 'bot', 'ticket_tagging') then 'bot'
            when users.role in ('agent', 'admin') then 'agent'
            else 'customer'
        end as author_role,
        coalesce(comments.is_public, false) as is_public,
        coalesce(comments.html_body, comments.body, '') as body,
        case when comments.html_body is null then 'text' else 'html' end as body_format,
        comments.occurred_at as sent_at,
        {{ known_at('comments.occurred_at', 'comments') }} as known_at
    from comments
    left join users on {{ prefixed('comments.author_id', 'comments.source') }} = users.user_id
),

first_comments as (select ticket_id, min(sent_at) as sent_at from spoken group by ticket_id),

-- A pull that begins in the middle of a ticket's life has no opening comment; its text is the description.
openings as (
    select
        tickets.source || ':ticket-' || tickets.source_id as message_id,
        tickets.ticket_id,
        tickets.source,
        {{ prefixed('tickets.requester_id', 'tickets.source') }} as author_id,
        'customer' as author_role,
        true as is_public,
        tickets.description as body,
        'text' as body_format,
        tickets.created_at as sent_at,
        {{ known_at('tickets.created_at', 'tickets') }} as known_at
    from tickets
    left join first_comments on tickets.ticket_id = first_comments.ticket_id
    where tickets.description is not null
        and coalesce(first_comments.sent_at > tickets.created_at + interval '1' minute, true)
),

final as (
    select * from spoken
    union all
    select * from openings
)

select * from final
