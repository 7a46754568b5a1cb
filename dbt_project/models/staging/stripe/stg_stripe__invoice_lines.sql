-- Grain: one row a line of an invoice; one without a line_id for an invoice that has none.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='invoice_id',
    post_hook="{{ drop_quarantined('invoices') }}"
) }}

with

records as ({{ newest_records('stripe', 'invoices') }}),

-- The row that an invoice without lines has takes the place of lines that it had before.
lines as (
    select source, id, {{ arrival() }}, {{ each_or_null('items') }} as line
    from (select source, id, {{ arrival() }}, {{ json_items('payload', '$.lines.data') }} as items from records) as told
),

final as (
    select
        {{ prefixed(json_text('line', '$.id')) }} as line_id,
        {{ prefixed('id') }} as invoice_id,
        source,
        id as source_id,
        {{ prefixed(
            "coalesce(" ~ json_text('line', '$.parent.subscription_item_details.subscription') ~ ", "
            ~ json_text('line', '$.parent.invoice_item_details.subscription') ~ ", "
            ~ json_text('line', '$.subscription') ~ ")"
        ) }} as subscription_id,
        {{ prefixed(
            "coalesce(" ~ json_text('line', '$.pricing.price_details.price') ~ ", "
            ~ json_text('line', '$.price.id') ~ ", " ~ json_text('line', '$.plan.id') ~ ")"
        ) }} as price_id,
        {{ prefixed(
            "coalesce(" ~ json_text('line', '$.pricing.price_details.product') ~ ", "
            ~ json_text('line', '$.price.product') ~ ", " ~ json_text('line', '$.plan.product') ~ ")"
        ) }} as product_id,
        coalesce(
            {{ json_text('line', '$.price.recurring.interval') }}, {{ json_text('line', '$.plan.interval') }}
        ) as "interval",
        try_cast({{ json_text('line', '$.quantity') }} as integer) as quantity,
        {{ major_units(json_text('line', '$.amount'), json_text('line', '$.currency')) }} as amount,
        lower({{ json_text('line', '$.currency') }}) as currency,
        coalesce(
            try_cast({{ json_text('line', '$.parent.subscription_item_details.proration') }} as boolean),
            try_cast({{ json_text('line', '$.parent.invoice_item_details.proration') }} as boolean),
            try_cast({{ json_text('line', '$.proration') }} as boolean),
            false
        ) as is_proration,
        {{ unix_time(json_text('line', '$.period.start')) }} as period_start_at,
        {{ unix_time(json_text('line', '$.period.end')) }} as period_end_at,
        {{ arrival() }}
    from lines
)

select * from final
