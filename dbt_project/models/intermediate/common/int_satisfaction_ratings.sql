-- Grain: one row a rating a customer gave; ratings only offered are left out.
with

ratings as (select * from {{ ref('stg_zendesk__satisfaction_ratings') }}),

final as (
    select
        rating_id,
        ticket_id,
        source,
        case when score like 'good%' then 'good' else 'bad' end as score,
        nullif(comment, '') as comment,
        coalesce(updated_at, created_at) as rated_at,
        {{ known_at('coalesce(updated_at, created_at)', 'ratings') }} as known_at
    from ratings
    where score like 'good%' or score like 'bad%'
)

select * from final
