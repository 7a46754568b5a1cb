-- Grain: one row a thing that happened, as customers and subscriptions tell it, with the span in which an event tells the same.
with

customers as (select * from {{ ref('int_billing_customers') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

plans as (select * from {{ ref('int_subscription_plans') }}),

unpaid as (
    select subscription_id, min(coalesce(finalized_at, created_at)) as since
    from {{ ref('int_invoices') }}
    where status = 'open' and attempt_count > 0
    group by subscription_id
),

begun as (
    select subscriptions.*, unpaid.since as unpaid_since
    from subscriptions
    left join unpaid on subscriptions.subscription_id = unpaid.subscription_id
    where subscriptions.status not in ('incomplete', 'incomplete_expired')
),

created as (
    select
        billing_customer_id || ':customer_created' as event_id,
        source,
        billing_customer_id,
        cast(null as {{ dbt.type_string() }}) as subscription_id,
        'customer_created' as kind,
        cast(null as {{ dbt.type_string() }}) as plan_before,
        cast(null as {{ dbt.type_string() }}) as plan_after,
        currency,
        created_at as occurred_at,
        billing_customer_id as record_id,
        url,
        cast(null as timestamp) as told_from,
        cast(null as timestamp) as told_until
    from customers
    where created_at is not null
),

-- A trial's end lies ahead until a pull has seen what is behind it. canceled_at is when it was asked for. The plan is the
-- one of then.
happened as (
    {% for kind, occurred_at, condition, told_from, told_until in [
        ('trial_started', 'trial_start_at', 'true', none, none),
        (
            'trial_ended', 'least(trial_end_at, coalesce(ended_at, trial_end_at))',
            'trial_end_at is not null and least(trial_end_at, coalesce(ended_at, trial_end_at)) <= pulled_at', none, none
        ),
        (
            'past_due', 'unpaid_since', "status in ('past_due', 'unpaid')",
            "unpaid_since - interval '1' hour", "timestamp '9999-01-01'"
        ),
        (
            'cancel_requested', 'canceled_at', "canceled_at < coalesce(ended_at, timestamp '9999-01-01')",
            "canceled_at - interval '1' hour", "canceled_at + interval '1' hour"
        ),
        ('canceled', 'ended_at', 'true', none, none),
    ] -%}
    select
        begun.subscription_id || ':{{ kind }}' as event_id,
        source, billing_customer_id, begun.subscription_id,
        '{{ kind }}' as kind,
        {{ 'begun.plan' if kind == 'canceled' else 'null' }} as plan_before,
        {{ 'null' if kind == 'canceled' else 'plans.plan' }} as plan_after,
        currency, {{ occurred_at }} as occurred_at, begun.subscription_id as record_id, url,
        cast({{ told_from or 'null' }} as timestamp) as told_from,
        cast({{ told_until or 'null' }} as timestamp) as told_until
    from begun
    left join plans
        on begun.subscription_id = plans.subscription_id
        and {{ occurred_at }} >= plans.valid_from and {{ occurred_at }} < plans.valid_to
    where {{ condition }} and {{ occurred_at }} is not null
    {{- " union all " if not loop.last }}
    {% endfor %}
),

final as (
    select * from created
    union all
    select * from happened
)

select * from final
