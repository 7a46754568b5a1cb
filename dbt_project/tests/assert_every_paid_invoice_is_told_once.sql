-- A bill that was paid is one payment, recovered or not.
select invoices.invoice_id, count(events.event_id) as told
from {{ ref('int_invoices') }} as invoices
left join {{ ref('int_billing_events') }} as events
    on invoices.invoice_id = events.invoice_id and events.kind in ('invoice_paid', 'payment_recovered')
where invoices.paid_at is not null and invoices.amount_paid > 0 and invoices.status <> 'draft'
group by invoices.invoice_id
having count(events.event_id) <> 1
