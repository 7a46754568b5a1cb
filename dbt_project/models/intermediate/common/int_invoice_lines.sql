-- Grain: one row a line of an invoice: a plan for a period, or what a change in mid-period gives back or costs more.
with

lines as (select * from {{ ref('stg_stripe__invoice_lines') }} where line_id is not null),

invoices as (select * from {{ ref('int_invoices') }}),

products as (select * from {{ ref('stg_stripe__products') }}),

prices as (select * from {{ ref('int_plan_prices') }}),

final as (
    select
        lines.line_id,
        lines.source,
        lines.invoice_id,
        invoices.billing_customer_id,
        lines.subscription_id,
        products.name as plan,
        lines.price_id,
        coalesce(prices."interval", lines."interval") as "interval",
        lines.quantity,
        lines.amount,
        lines.currency,
        lines.is_proration,
        lines.period_start_at,
        lines.period_end_at,
        invoices.created_at,
        invoices.known_at
    from lines
    inner join invoices on lines.invoice_id = invoices.invoice_id
    left join products on lines.product_id = products.product_id
    left join prices on lines.price_id = prices.price_id
)

select * from final
