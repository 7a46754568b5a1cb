-- Grain: one row a plan that a subscription was billed for from a moment on: a period's, or that of a change within one.

with

lines as (
    select
        lines.*,
        prices.plan_rank,
        cast(prices.monthly_amount * coalesce(lines.quantity, 1) as decimal(18, 2)) as monthly_amount
    from {{ ref('int_invoice_lines') }} as lines
    left join {{ ref('int_plan_prices') }} as prices on lines.price_id = prices.price_id
    where lines.subscription_id is not null
),

invoices as (select * from {{ ref('int_invoices') }} where status not in ('draft', 'void')),

subscriptions as (
    select * from {{ ref('int_subscriptions') }} where status not in ('incomplete', 'incomplete_expired')
),

-- What is tried for nothing is no plan yet.
billed as (
    select
        lines.*,
        invoices.billing_reason,
        invoices.url,
        row_number() over (
            partition by lines.invoice_id, lines.subscription_id, lines.period_start_at, lines.is_proration, lines.amount < 0
            order by abs(lines.amount) desc, lines.line_id
        ) as place
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join subscriptions on lines.subscription_id = subscriptions.subscription_id
    where lines.is_proration
        or lines.amount > 0
        or (lines.amount = 0 and lines.period_start_at >= coalesce(subscriptions.trial_end_at, lines.period_start_at))
),

-- Of several things on one bill the dearest is the plan; add-ons are not followed.
main as (select * from billed where place = 1),

periods as (select * from main where not is_proration and amount >= 0),

given_back as (select * from main where is_proration and amount < 0),

add_ons as (
    select subscription_id, plan
    from billed
    where plan is not null and not is_proration and amount >= 0
    group by subscription_id, plan
    having min(place) > 1
),

-- A change within a period gives back the rest of the plan before and charges the rest of the plan after.
changes as (
    select
        charged.*,
        given_back.plan as plan_before,
        given_back.plan_rank as plan_rank_before,
        given_back.quantity as quantity_before,
        given_back.monthly_amount as monthly_amount_before
    from main as charged
    inner join given_back
        on charged.invoice_id = given_back.invoice_id
        and charged.subscription_id = given_back.subscription_id
        and charged.period_start_at = given_back.period_start_at
    where charged.is_proration and charged.amount >= 0
        and (charged.subscription_id, charged.plan) not in (select subscription_id, plan from add_ons)
),

chain as (
    select *, null as plan_before, null as plan_rank_before, null as quantity_before, null as monthly_amount_before
    from periods
    union all
    select * from changes
),

final as (
    select
        line_id,
        source,
        invoice_id,
        billing_customer_id,
        subscription_id,
        billing_reason,
        url,
        is_proration,
        plan,
        plan_rank,
        quantity,
        monthly_amount,
        amount,
        currency,
        period_start_at as began_at,
        created_at,
        lag(period_start_at) over states as previous_began_at,
        {% for column in ['plan', 'plan_rank', 'quantity', 'monthly_amount'] -%}
        case when is_proration then {{ column }}_before else lag({{ column }}) over states end as {{ column }}_before
        {{- "," if not loop.last }}
        {% endfor %}
    from chain
    window states as (
        partition by subscription_id order by period_start_at, not is_proration, created_at, line_id
    )
)

select * from final
