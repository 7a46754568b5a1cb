-- Grain: one row a product (a plan that is sold), archived ones too.
with

records as ({{ newest_records('stripe', 'products') }}),

final as (
    select
        {{ prefixed('id') }} as product_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.name') }} as name,
        try_cast({{ json_text('payload', '$.active') }} as boolean) as is_active,
        {{ unix_time(json_text('payload', '$.created')) }} as created_at
    from records
)

select * from final
