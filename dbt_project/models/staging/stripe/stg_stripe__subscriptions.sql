-- Grain: one row a subscription, canceled ones too, with the first of its items.
with

records as (
    {{ newest_records('stripe', 'subscriptions', json_text('landed.payload', '$.deleted') ~ " is null") }}
),

items as (select *, {{ json_text('payload', '$.items.data[0]') }} as item from records),

final as (
    select
        {{ prefixed('id') }} as subscription_id,
        source,
        id as source_id,
        {{ prefixed(json_text('payload', '$.customer')) }} as customer_id,
        {{ json_text('payload', '$.status') }} as status,
        {{ prefixed(
            "coalesce(" ~ json_text('item', '$.price.id') ~ ", " ~ json_text('item', '$.plan.id') ~ ")"
        ) }} as price_id,
        {{ prefixed(
            "coalesce(" ~ json_text('item', '$.price.product') ~ ", " ~ json_text('item', '$.plan.product') ~ ")"
        ) }} as product_id,
        coalesce(
            {{ json_text('item', '$.price.recurring.interval') }}, {{ json_text('item', '$.plan.interval') }}
        ) as "interval",
        try_cast({{ json_text('item', '$.quantity') }} as integer) as quantity,
        lower({{ json_text('payload', '$.currency') }}) as currency,
        coalesce(try_cast({{ json_text('payload', '$.cancel_at_period_end') }} as boolean), false) as cancel_at_period_end,
        try_cast({{ json_text('payload', '$.livemode') }} as boolean) as is_live,
        -- a period stood on the subscription until 2025, and stands on its items since
        coalesce(
            {{ unix_time(json_text('item', '$.current_period_start')) }},
            {{ unix_time(json_text('payload', '$.current_period_start')) }}
        ) as current_period_start_at,
        coalesce(
            {{ unix_time(json_text('item', '$.current_period_end')) }},
            {{ unix_time(json_text('payload', '$.current_period_end')) }}
        ) as current_period_end_at,
        {{ unix_time(json_text('payload', '$.start_date')) }} as started_at,
        {{ unix_time(json_text('payload', '$.trial_start')) }} as trial_start_at,
        {{ unix_time(json_text('payload', '$.trial_end')) }} as trial_end_at,
        {{ unix_time(json_text('payload', '$.cancel_at')) }} as cancel_at,
        {{ unix_time(json_text('payload', '$.canceled_at')) }} as canceled_at,
        {{ unix_time(json_text('payload', '$.ended_at')) }} as ended_at,
        {{ unix_time(json_text('payload', '$.created')) }} as created_at,
        pulled_at,
        first_pulled_at,
        first_backfill
    from items
)

select * from final
