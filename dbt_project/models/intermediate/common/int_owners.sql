-- Grain: one row a colleague who can own accounts or deals.
with

final as (
    select
        owner_id,
        source,
        coalesce(nullif(trim(concat_ws(' ', first_name, last_name)), ''), email) as name,
        lower(email) as email,
        is_archived
    from {{ ref('stg_hubspot__owners') }}
)

select * from final
