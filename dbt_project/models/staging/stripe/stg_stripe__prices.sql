-- Grain: one row a price of a product, archived ones too.
with

records as ({{ newest_records('stripe', 'prices') }}),

final as (
    select
        {{ prefixed('id') }} as price_id,
        source,
        id as source_id,
        {{ prefixed(json_text('payload', '$.product')) }} as product_id,
        lower({{ json_text('payload', '$.currency') }}) as currency,
        {{ major_units(
            "coalesce(" ~ json_text('payload', '$.unit_amount_decimal') ~ ", " ~ json_text('payload', '$.unit_amount') ~ ")",
            json_text('payload', '$.currency'), 6
        ) }} as unit_amount,
        {{ json_text('payload', '$.recurring.interval') }} as "interval",
        try_cast({{ json_text('payload', '$.recurring.interval_count') }} as integer) as interval_count,
        try_cast({{ json_text('payload', '$.active') }} as boolean) as is_active,
        {{ unix_time(json_text('payload', '$.created')) }} as created_at
    from records
)

select * from final
