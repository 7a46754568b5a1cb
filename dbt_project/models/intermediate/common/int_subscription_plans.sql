-- Grain: one row a plan of a subscription and the time over which it had it, trials too.
with

states as (select * from {{ ref('int_plan_states') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

invoices as (select * from {{ ref('int_invoices') }} where status not in ('draft', 'void')),

prices as (select * from {{ ref('int_plan_prices') }}),

-- A bill of 0 says what is tried; of several things, the dearest.
tried as (
    select lines.subscription_id, lines.plan, lines.period_start_at as began_at, lines.created_at, lines.line_id
    from {{ ref('int_invoice_lines') }} as lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    inner join subscriptions on lines.subscription_id = subscriptions.subscription_id
    left join prices on lines.price_id = prices.price_id
    where lines.amount = 0 and not lines.is_proration and lines.period_start_at < subscriptions.trial_end_at
    qualify row_number() over (
        partition by lines.subscription_id, lines.period_start_at
        order by prices.monthly_amount * coalesce(lines.quantity, 1) desc nulls last, lines.line_id
    ) = 1
),

billed as (
    select subscription_id, plan, began_at, created_at, line_id, is_proration from states
    union all
    select subscription_id, plan, began_at, created_at, line_id, false from tried
),

-- The first one is the one it began with; one that was never billed has the one it has today.
followed as (
    select
        subscription_id,
        plan,
        case when row_number() over changes = 1 then timestamp '1970-01-01' else began_at end as valid_from,
        coalesce(lead(began_at) over changes, timestamp '9999-01-01') as valid_to
    from billed
    window changes as (partition by subscription_id order by began_at, not is_proration, created_at, line_id)
),

final as (
    select subscription_id, plan, valid_from, valid_to from followed where valid_from < valid_to
    union all
    select subscription_id, plan, timestamp '1970-01-01', timestamp '9999-01-01'
    from subscriptions
    where subscription_id not in (select subscription_id from billed)
)

select * from final
