-- Grain: one row a part of what a subscription costs a year, and the time over which it holds.
with

lines as (
    select
        lines.*,
        {{ annualised('lines.amount', 'lines.period_start_at', 'lines.period_end_at', 'lines.interval') }} as a_year
    from {{ ref('int_invoice_lines') }} as lines
    inner join {{ ref('int_invoices') }} as invoices on lines.invoice_id = invoices.invoice_id
    where invoices.status <> 'void' and lines.subscription_id is not null and lines.interval is not null
),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

sources as (select source, last_ok_at from {{ source('control', 'sources') }}),

-- When it was known that a subscription is over.
endings as (
    select subscription_id, max(greatest(occurred_at, known_at)) as seen_at
    from {{ ref('int_billing_events') }}
    where kind = 'canceled'
    group by subscription_id
),

-- What an invoice bills for a period. Of two for the same period the newer holds.
billed as (
    select
        subscription_id, invoice_id, source, created_at,
        min(period_start_at) as starts_at, max(period_end_at) as period_end_at
    from lines
    where not is_proration
    group by subscription_id, invoice_id, source, created_at
    qualify row_number() over (
        partition by subscription_id, min(period_start_at) order by created_at desc, invoice_id desc
    ) = 1
),

-- Until the next period is billed, which may take the vendor some hours or days, or the subscription ends. Where billing
-- was not read since, nobody knows whether it goes on.
periods as (
    select
        billed.subscription_id,
        billed.invoice_id,
        billed.starts_at,
        least(
            lead(billed.starts_at) over later,
            billed.period_end_at + interval '{{ var("renewal_grace_days") }}' day,
            subscriptions.ended_at
        ) as ends_at,
        lead(billed.starts_at) over later is null and subscriptions.ended_at is null
        and not coalesce(
            sources.last_ok_at >= billed.period_end_at + interval '{{ var("renewal_grace_days") }}' day, false
        ) as is_end_unknown,
        billed.period_end_at
    from billed
    left join sources on billed.source = sources.source
    left join subscriptions on billed.subscription_id = subscriptions.subscription_id
    window later as (partition by billed.subscription_id order by billed.starts_at)
),

-- What one unit of a price costs a year, from lines that bill it in full.
prices as (
    select source, price_id, cast(
        arg_max(a_year / quantity, struct_pack(created := created_at, id := line_id)) as decimal(18, 4)
    ) as a_year
    from lines
    where not is_proration and amount > 0 and quantity > 0
    group by source, price_id
),

bases as (
    select
        lines.source, lines.billing_customer_id, lines.subscription_id, lines.plan, lines.interval, lines.currency,
        lines.a_year, periods.starts_at, periods.ends_at, periods.is_end_unknown, periods.period_end_at, lines.invoice_id as record_id,
        lines.known_at
    from periods
    inner join lines on periods.invoice_id = lines.invoice_id and periods.subscription_id = lines.subscription_id
    where not lines.is_proration
),

-- A change in mid-period gives back what is left of the old plan and bills what is left of the new one: from that day
-- on the one's full price is gone and the other's is there. Where a change starts a new period, that says it already.
changes as (
    select
        lines.source, lines.billing_customer_id, lines.subscription_id, lines.plan, lines.interval, lines.currency,
        case
            when prices.a_year is null or lines.quantity is null then lines.a_year
            else cast(sign(lines.amount) * prices.a_year * lines.quantity as decimal(18, 2))
        end as a_year,
        lines.period_start_at as starts_at, periods.ends_at, periods.is_end_unknown, periods.period_end_at,
        lines.invoice_id as record_id,
        lines.known_at
    from lines
    inner join periods
        on lines.subscription_id = periods.subscription_id
        and lines.period_start_at > periods.starts_at
        and lines.period_start_at < periods.ends_at
    left join prices on lines.source = prices.source and lines.price_id = prices.price_id
    where lines.is_proration and lines.amount <> 0
),

-- A trial that no invoice tells, of the plan that was billed first after it.
first_plans as (
    select
        subscription_id,
        arg_min(plan, struct_pack(started := period_start_at, dear := -amount, id := line_id)) as plan
    from lines
    where not is_proration
    group by subscription_id
),

trials as (
    select
        subscriptions.source, subscriptions.billing_customer_id, subscriptions.subscription_id,
        coalesce(first_plans.plan, subscriptions.plan) as plan, subscriptions.interval, subscriptions.currency, cast(0 as decimal(18, 2)) as a_year,
        subscriptions.trial_start_at as starts_at,
        least(subscriptions.trial_end_at, subscriptions.ended_at) as ends_at, false as is_end_unknown,
        subscriptions.trial_end_at as period_end_at, subscriptions.subscription_id as record_id, subscriptions.known_at
    from subscriptions
    left join billed
        on subscriptions.subscription_id = billed.subscription_id
        and billed.starts_at < subscriptions.trial_end_at
    left join first_plans on subscriptions.subscription_id = first_plans.subscription_id
    where subscriptions.trial_start_at is not null and billed.subscription_id is null
),

unioned as (
    select * from bases
    union all
    select * from changes
    union all
    select * from trials
),

final as (
    select
        unioned.*,
        case when unioned.ends_at = subscriptions.ended_at then endings.seen_at end as end_known_at,
        coalesce(
            unioned.starts_at >= subscriptions.trial_start_at and unioned.starts_at < subscriptions.trial_end_at, false
        ) as is_trial
    from unioned
    left join subscriptions on unioned.subscription_id = subscriptions.subscription_id
    left join endings on unioned.subscription_id = endings.subscription_id
    where unioned.starts_at < unioned.ends_at
)

select * from final
