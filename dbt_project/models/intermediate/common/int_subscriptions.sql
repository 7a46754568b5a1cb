-- Grain: one row a subscription, canceled ones too.
with

subscriptions as (select * from {{ ref('stg_stripe__subscriptions') }}),

products as (select * from {{ ref('stg_stripe__products') }}),

prices as (select * from {{ ref('int_plan_prices') }}),

final as (
    select
        subscriptions.subscription_id,
        subscriptions.source,
        subscriptions.source_id,
        subscriptions.customer_id as billing_customer_id,
        subscriptions.status,
        products.name as plan,
        prices.plan_rank,
        coalesce(subscriptions."interval", prices."interval") as "interval",
        subscriptions.quantity,
        subscriptions.currency,
        subscriptions.started_at,
        subscriptions.trial_start_at,
        subscriptions.trial_end_at,
        subscriptions.current_period_start_at,
        subscriptions.current_period_end_at,
        subscriptions.cancel_at_period_end,
        subscriptions.cancel_at,
        subscriptions.canceled_at,
        subscriptions.ended_at,
        subscriptions.created_at,
        {{ dashboard_url('subscriptions', 'subscriptions') }} as url,
        subscriptions.pulled_at,
        {{ known_at('subscriptions.created_at', 'subscriptions') }} as known_at
    from subscriptions
    left join products on subscriptions.product_id = products.product_id
    left join prices on subscriptions.price_id = prices.price_id
)

select * from final
