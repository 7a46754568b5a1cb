-- Grain: one row a Slack message that we posted.
with

messages as (select * from {{ ref('stg_slack__messages') }}),

final as (
    select
        channel,
        ts,
        finding_key,
        delivery_key,
        coalesce(reactions, '[]') as reactions,
        first_pulled_at as known_at
    from messages
)

select * from final
