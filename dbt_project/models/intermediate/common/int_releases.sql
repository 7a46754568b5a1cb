-- Grain: one row a release of a product.
with

releases as (select * from {{ ref('stg_files__releases') }}),

-- Two exports may tell of the same release: the earliest date holds.
ranked as (
    select
        *,
        row_number() over (partition by product, version order by released_at, release_id) as place
    from releases
    where released_at is not null
),

final as (
    select
        release_id,
        source,
        product,
        version,
        released_at,
        {{ known_at('released_at', 'ranked') }} as known_at
    from ranked
    where place = 1
)

select * from final
