-- Grain: one row a message of a ticket. position 1 is the ticket's opening message.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed() }}") }}

with

zendesk as (select * from {{ ref('int_messages_zendesk') }}),

files as (select * from {{ ref('int_messages_files') }}),

unioned as (
    select * from zendesk
    union all
    select * from files
),

final as (
    select
        message_id,
        ticket_id,
        source,
        cast(row_number() over (
            partition by ticket_id
            order by sent_at, case when message_id like '%:ticket-%' then 0 else 1 end, length(message_id), message_id
        ) as integer) as position,
        author_id,
        author_role,
        is_public,
        body,
        body_format,
        sent_at,
        known_at
    from unioned
)

select * from final
