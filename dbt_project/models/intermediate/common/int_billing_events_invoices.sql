-- Grain: one row a thing that happened, as invoices and their lines tell it, with the span in which an event tells the same.
with

states as (select * from {{ ref('int_plan_states') }}),

invoices as (select * from {{ ref('int_invoices') }} where status <> 'draft'),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

plans as (select * from {{ ref('int_subscription_plans') }}),

lines as (select * from {{ ref('int_invoice_lines') }}),

-- The first bill for a paid plan, and those for its next periods.
billed as (
    select
        line_id || ':' || case when is_first then 'subscribed' else 'renewed' end as event_id,
        source, billing_customer_id, subscription_id, invoice_id,
        case when is_first then 'subscribed' else 'renewed' end as kind,
        cast(null as {{ dbt.type_string() }}) as plan_before,
        plan as plan_after,
        amount, currency, created_at as occurred_at, invoice_id as record_id, url,
        cast(null as timestamp) as told_from, cast(null as timestamp) as told_until
    from (
        select
            *,
            row_number() over (partition by subscription_id order by began_at, created_at, line_id) = 1 as is_first
        from states
        where amount > 0 and not is_proration
    ) as paid_periods
    where is_first or billing_reason = 'subscription_cycle'
),

changed as (
    select
        line_id || ':' || {{ plan_change('states') }} as event_id,
        source, billing_customer_id, subscription_id, invoice_id,
        {{ plan_change('states') }} as kind,
        plan_before,
        plan as plan_after,
        monthly_amount as amount, currency, began_at as occurred_at, invoice_id as record_id, url,
        previous_began_at + interval '1' second as told_from, began_at + interval '1' hour as told_until
    from states
    where {{ plan_change('states') }} is not null
),

-- What a change in mid-period costs or gives back on the bill it is on.
prorated as (
    select
        min(lines.line_id) || ':proration' as event_id,
        lines.source, lines.billing_customer_id, lines.subscription_id, lines.invoice_id,
        'proration' as kind,
        max(case when lines.amount < 0 then lines.plan end) as plan_before,
        max(case when lines.amount >= 0 then lines.plan end) as plan_after,
        cast(sum(lines.amount) as decimal(18, 2)) as amount,
        lines.currency, invoices.created_at as occurred_at, lines.invoice_id as record_id, invoices.url,
        cast(null as timestamp) as told_from, cast(null as timestamp) as told_until
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    where lines.is_proration
    group by
        lines.source, lines.billing_customer_id, lines.subscription_id, lines.invoice_id, lines.currency,
        lines.period_start_at, invoices.created_at, invoices.url
),

-- An attempt that is under way has a count too: an open invoice has failed once its subscription suffers or it is tried again.
-- The plan is the one that the subscription had when it was billed.
failed as (
    select
        invoices.*,
        invoices.attempt_count > 1
        or (invoices.status in ('uncollectible', 'void') and invoices.attempt_count > 0)
        or (
            invoices.status = 'open' and invoices.attempt_count > 0
            and coalesce(subscriptions.status in ('past_due', 'unpaid', 'incomplete', 'incomplete_expired'), false)
        ) as has_failed,
        plans.plan
    from invoices
    left join subscriptions on invoices.subscription_id = subscriptions.subscription_id
    left join plans
        on invoices.subscription_id = plans.subscription_id
        and invoices.created_at >= plans.valid_from and invoices.created_at < plans.valid_to
),

happened as (
    {% for kind, amount, occurred_at, condition, told_from in [
        ('payment_failed', 'amount_due', 'coalesce(finalized_at, created_at)', 'has_failed', 'created_at'),
        ('invoice_paid', 'amount_paid', 'paid_at', 'amount_paid > 0 and not has_failed', none),
        ('payment_recovered', 'amount_paid', 'paid_at', 'amount_paid > 0 and has_failed', none),
        ('invoice_uncollectible', 'amount_due', 'uncollectible_at', 'uncollectible_at is not null', none),
        ('invoice_voided', 'amount_due', 'closed_at', "status = 'void' and amount_due > 0", none),
    ] -%}
    select
        invoice_id || ':{{ kind }}' as event_id,
        source, billing_customer_id, subscription_id, invoice_id,
        '{{ kind }}' as kind,
        cast(null as {{ dbt.type_string() }}) as plan_before,
        plan as plan_after,
        {{ amount }} as amount, currency, {{ occurred_at }} as occurred_at, invoice_id as record_id, url,
        cast({{ told_from or 'null' }} as timestamp) as told_from, timestamp '9999-01-01' as told_until
    from failed
    where {{ condition }} and {{ occurred_at }} is not null
    {{- " union all " if not loop.last }}
    {% endfor %}
),

final as (
    select * from billed
    union all
    select * from changed
    union all
    select * from prorated
    union all
    select * from happened
)

select * from final
