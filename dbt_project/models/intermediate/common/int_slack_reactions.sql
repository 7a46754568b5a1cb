-- Grain: one row a reaction of a person to a Slack message of ours.
with

messages as (select * from {{ ref('int_slack_messages') }}),

reactions as (
    select channel, ts, finding_key, known_at, {{ each(json_items('reactions', '$')) }} as reaction
    from messages
),

people as (
    select
        channel,
        ts,
        finding_key,
        {{ json_text('reaction', '$.name') }} as reaction,
        {{ each(json_texts('reaction', '$.users')) }} as user_id,
        known_at
    from reactions
),

final as (
    select channel, ts, finding_key, reaction, user_id, known_at
    from people
)

select * from final
