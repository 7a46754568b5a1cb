-- Grain: one row a thing that happened, as the events of the last weeks tell it.
with

events as (select * from {{ ref('stg_stripe__events') }}),

refunds as (select * from {{ ref('int_refunds') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

invoices as (select * from {{ ref('int_invoices') }}),

prices as (select * from {{ ref('int_plan_prices') }}),

-- An invoice is about the plan that the subscription had when it was made.
invoices_of_plans as (
    select invoices.*, plans.plan
    from invoices
    left join {{ ref('int_subscription_plans') }} as plans
        on invoices.subscription_id = plans.subscription_id
        and invoices.created_at >= plans.valid_from and invoices.created_at < plans.valid_to
),

updated as (
    select
        *,
        {{ json_text('object', '$.status') }} as status,
        {{ json_text('previous', '$.status') }} as status_before,
        {{ json_text('object', '$.cancel_at_period_end') }} as is_canceling,
        {{ json_text('previous', '$.cancel_at_period_end') }} as was_canceling,
        {{ json_text('object', '$.items.data[0].price.id') }} as price,
        coalesce(
            {{ json_text('previous', '$.items.data[0].price.id') }}, {{ json_text('previous', '$.plan.id') }},
            {{ json_text('object', '$.items.data[0].price.id') }}
        ) as price_before,
        cast({{ json_text('object', '$.items.data[0].quantity') }} as integer) as quantity,
        cast(coalesce(
            {{ json_text('previous', '$.items.data[0].quantity') }}, {{ json_text('previous', '$.quantity') }},
            {{ json_text('object', '$.items.data[0].quantity') }}
        ) as integer) as quantity_before
    from events
    where event_type = 'customer.subscription.updated'
),

-- `previous` has what changed alone: what it does not name was as it is.
compared as (
    select
        updated.*,
        {{ prefixed(json_text('updated.object', '$.customer'), 'updated.source') }} as customer_id,
        lower({{ json_text('updated.object', '$.currency') }}) as currency,
        now_prices.plan,
        now_prices.plan_rank,
        cast(now_prices.monthly_amount * updated.quantity as decimal(18, 2)) as monthly_amount,
        then_prices.plan as plan_before,
        then_prices.plan_rank as plan_rank_before,
        cast(then_prices.monthly_amount * updated.quantity_before as decimal(18, 2)) as monthly_amount_before
    from updated
    left join prices as now_prices on {{ prefixed('updated.price', 'updated.source') }} = now_prices.price_id
    left join prices as then_prices on {{ prefixed('updated.price_before', 'updated.source') }} = then_prices.price_id
),

of_subscriptions as (
    select
        event_id, source, customer_id, object_id as subscription_id, 'past_due' as kind,
        null as plan_before, plan as plan_after, null as amount, currency, occurred_at
    from compared
    where status in ('past_due', 'unpaid') and status_before not in ('past_due', 'unpaid')
    union all
    select
        event_id, source, customer_id, object_id, 'cancel_requested', null, plan, null, currency, occurred_at
    from compared
    where is_canceling = 'true' and was_canceling = 'false'
    union all
    select
        event_id, source, customer_id, object_id, {{ plan_change('compared') }}, plan_before, plan, monthly_amount,
        currency, occurred_at
    from compared
    where {{ plan_change('compared') }} is not null
        and status not in ('trialing', 'incomplete') and coalesce(status_before, '') <> 'trialing'
),

failed as (
    select
        event_id,
        source,
        object_id as invoice_id,
        {{ major_units(json_text('object', '$.amount_due'), json_text('object', '$.currency')) }} as amount,
        occurred_at
    from events
    where event_type = 'invoice.payment_failed'
),

final as (
    select
        of_subscriptions.event_id || ':' || of_subscriptions.kind as event_id,
        of_subscriptions.source,
        of_subscriptions.customer_id as billing_customer_id,
        of_subscriptions.subscription_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        of_subscriptions.kind,
        of_subscriptions.plan_before,
        of_subscriptions.plan_after,
        of_subscriptions.amount,
        of_subscriptions.currency,
        of_subscriptions.occurred_at,
        of_subscriptions.event_id as record_id,
        subscriptions.url
    from of_subscriptions
    left join subscriptions on of_subscriptions.subscription_id = subscriptions.subscription_id
    union all
    select
        failed.event_id || ':payment_failed', failed.source, invoices.billing_customer_id, invoices.subscription_id,
        failed.invoice_id, 'payment_failed', null, invoices.plan, failed.amount, invoices.currency,
        failed.occurred_at, failed.event_id, invoices.url
    from failed
    left join invoices_of_plans as invoices on failed.invoice_id = invoices.invoice_id
    union all
    select
        refunds.event_id || ':refunded', refunds.source,
        coalesce(refunds.billing_customer_id, invoices.billing_customer_id), invoices.subscription_id,
        refunds.invoice_id, 'refunded', null, invoices.plan, refunds.amount, refunds.currency,
        refunds.occurred_at, refunds.event_id, invoices.url
    from refunds
    left join invoices_of_plans as invoices on refunds.invoice_id = invoices.invoice_id
)

select * from final
