-- Grain: one row an invoice that was not paid in time, and from when until when it was not, and that was known.
with

events as (
    select *, greatest(occurred_at, known_at) as seen_at from {{ ref('int_billing_events') }}
),

failures as (
    select invoice_id, min(occurred_at) as failed_at, min(seen_at) as seen_at
    from events
    where kind = 'payment_failed'
    group by invoice_id
),

-- When it was known that a bill was paid or closed, and that a subscription was over.
closings as (
    select invoice_id, max(seen_at) as seen_at
    from events
    where kind in ('invoice_paid', 'payment_recovered', 'invoice_uncollectible', 'invoice_voided')
    group by invoice_id
),

endings as (
    select subscription_id, max(seen_at) as seen_at from events where kind = 'canceled' group by subscription_id
),

joined as (
    select
        records.account_key,
        invoices.invoice_id,
        failures.failed_at,
        case when failures.failed_at is not null then greatest(failures.seen_at, invoices.known_at) end as failed_seen_at,
        least(failures.failed_at, invoices.due_at) as past_due_at,
        greatest(least(failures.seen_at, invoices.due_at), invoices.known_at) as past_due_seen_at,
        least(invoices.paid_at, invoices.closed_at, subscriptions.ended_at) as settled_at,
        least(
            greatest(least(invoices.paid_at, invoices.closed_at), closings.seen_at),
            greatest(subscriptions.ended_at, endings.seen_at)
        ) as settled_seen_at
    from {{ ref('int_invoices') }} as invoices
    inner join {{ ref('int_account_records') }} as records on invoices.billing_customer_id = records.record_id
    left join failures on invoices.invoice_id = failures.invoice_id
    left join closings on invoices.invoice_id = closings.invoice_id
    left join {{ ref('int_subscriptions') }} as subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    left join endings on invoices.subscription_id = endings.subscription_id
    where invoices.status <> 'draft'
),

final as (
    select * from joined where past_due_at < coalesce(settled_at, timestamp '9999-01-01')
)

select * from final
