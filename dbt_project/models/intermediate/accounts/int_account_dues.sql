-- Grain: one row an invoice that was not paid in time, and from when until when it was not.
with

events as (
    select
        invoice_id, subscription_id,
        min(occurred_at) filter (kind = 'payment_failed') as failed_at,
        min(occurred_at) filter (kind in ('payment_failed', 'past_due')) as past_due_at
    from {{ ref('int_billing_events') }}
    where invoice_id is not null and kind in ('payment_failed', 'past_due')
    group by invoice_id, subscription_id
),

final as (
    select
        records.account_key,
        invoices.invoice_id,
        invoices.known_at,
        events.failed_at,
        least(events.past_due_at, invoices.due_at) as past_due_at,
        least(invoices.paid_at, invoices.closed_at, subscriptions.ended_at) as settled_at
    from {{ ref('int_invoices') }} as invoices
    inner join {{ ref('int_account_records') }} as records on invoices.billing_customer_id = records.record_id
    left join events on invoices.invoice_id = events.invoice_id
    left join {{ ref('int_subscriptions') }} as subscriptions
        on invoices.subscription_id = subscriptions.subscription_id
    where invoices.status <> 'draft'
        and least(events.past_due_at, invoices.due_at)
            < coalesce(least(invoices.paid_at, invoices.closed_at, subscriptions.ended_at), timestamp '9999-01-01')
)

select * from final
