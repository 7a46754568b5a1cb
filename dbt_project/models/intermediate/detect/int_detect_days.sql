-- Grain: day. Weight of each day (1 on average), summed and squared and summed, for the expected counts of a baseline.
with days as (
    select
        cast(hour as date) as day,
        cast(sum(weight) as decimal(18, 8)) as weight
    from {{ ref('int_detect_hours') }}
    group by all
)

select
    day,
    cast(weight as double) as weight,
    cast(sum(weight) over before as decimal(18, 8)) as exposure_before,
    cast(sum(cast(weight * weight as decimal(18, 8))) over before as decimal(18, 8)) as squares_before
from days
window before as (order by day rows between unbounded preceding and 1 preceding)
