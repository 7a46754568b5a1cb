-- Grain: one row an invoice. Drafts and voided ones stay; deleted drafts do not.
with

invoices as (select * from {{ ref('stg_stripe__invoices') }} where not is_deleted),

final as (
    select
        invoice_id,
        source,
        source_id,
        number,
        customer_id as billing_customer_id,
        subscription_id,
        status,
        currency,
        total,
        amount_due,
        amount_paid,
        coalesce(amount_refunded, 0) as amount_refunded,
        coalesce(attempt_count, 0) as attempt_count,
        billing_reason,
        created_at,
        finalized_at,
        due_at,
        paid_at,
        uncollectible_at,
        case status when 'void' then voided_at when 'uncollectible' then uncollectible_at end as closed_at,
        next_attempt_at,
        {{ dashboard_url('invoices', 'invoices') }} as url,
        {{ known_at('created_at', 'invoices') }} as known_at
    from invoices
)

select * from final
