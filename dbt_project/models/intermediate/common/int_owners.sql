-- Grain: one row a colleague who can own accounts or deals.
with

final as (
    select
        owner_id,
        source,
        -- never the whole address: a name goes into messages and issues
        coalesce(
            nullif(trim(concat_ws(' ', first_name, last_name)), ''), nullif(split_part(lower(email), '@', 1), '')
        ) as name,
        lower(email) as email,
        is_archived
    from {{ ref('stg_hubspot__owners') }}
)

select * from final
