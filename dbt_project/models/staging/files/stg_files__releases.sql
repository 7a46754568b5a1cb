-- Grain: one row a release of a product.
{{ config(materialized='view') }}

with

records as ({{ newest_records('files', 'releases') }}),

final as (
    select
        {{ prefixed('id') }} as release_id,
        source,
        {{ json_text('payload', '$.product') }} as product,
        {{ json_text('payload', '$.version') }} as version,
        {{ utc_time(json_text('payload', '$.released_at')) }} as released_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
