-- Grain: dimension x value x anchor_day. The expected daily rate of a series (distinct reporters a day) before the day
-- its tested window begins in, and how much more than a Poisson count it varies.
-- A ticket counts on the day it became known, so a baseline never knows more than its day did. Past spikes are capped
-- at four standard deviations above the mean without the two highest weeks.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

days as (
    select * from {{ ref('int_detect_days') }}
),

history as (
    select cast(min(seen_at) as date) + 1 as first_day from {{ ref('int_series_tickets') }} where dimension = 'all'
),

daily as (
    select dimension, value, cast(seen_at as date) as day, count(distinct reporter_key) as reporters
    from {{ ref('int_series_tickets') }}
    group by all
),

anchors as (
    select distinct
        counts.dimension,
        counts.value,
        counts.anchor_day,
        greatest(counts.anchor_day - cast(policy.baseline_days as integer), history.first_day) as first_day
    from {{ ref('int_series_counts') }} as counts
    cross join policy
    cross join history
),

judgeable as (
    select
        anchors.*,
        anchors.anchor_day - anchors.first_day as baseline_days,
        cast(last_days.exposure_before - first_days.exposure_before as double) as exposure,
        cast(last_days.squares_before - first_days.squares_before as double) as squares
    from anchors
    cross join policy
    inner join days as last_days on last_days.day = anchors.anchor_day
    inner join days as first_days on first_days.day = anchors.first_day
    where anchors.anchor_day - anchors.first_day >= policy.min_baseline_days
),

counted as (
    select
        judgeable.dimension, judgeable.value, judgeable.anchor_day, judgeable.baseline_days, judgeable.exposure,
        daily.reporters,
        days.weight,
        (judgeable.anchor_day - daily.day - 1) // 7 as weeks_before
    from judgeable
    inner join daily
        on daily.dimension = judgeable.dimension
        and daily.value = judgeable.value
        and daily.day >= judgeable.first_day
        and daily.day < judgeable.anchor_day
    inner join days on days.day = daily.day
),

weekly as (
    select dimension, value, anchor_day, sum(reporters) as reporters
    from counted
    group by dimension, value, anchor_day, weeks_before
),

trimmed as (
    select
        dimension, value, anchor_day,
        sum(reporters) - list_sum(list_slice(list_sort(list(reporters), 'DESC'), 1, 2)) as reporters
    from weekly
    group by all
),

capped as (
    select
        counted.dimension, counted.value, counted.anchor_day, counted.weight,
        cast(
            least(
                counted.reporters,
                greatest(
                    3,
                    usual.mean + 1 + 4 * sqrt(usual.mean + policy.prior_overdispersion * usual.mean * usual.mean)
                )
            ) as decimal(18, 6)
        ) as reporters
    from counted
    cross join policy
    inner join trimmed
        on trimmed.dimension = counted.dimension
        and trimmed.value = counted.value
        and trimmed.anchor_day = counted.anchor_day
    cross join lateral (
        -- short histories have no weeks to spare
        select
            case
                when counted.baseline_days >= 28
                    then
                        counted.weight * (trimmed.reporters + 0.5)
                        / (counted.exposure * (1 - 14.0 / counted.baseline_days))
                else counted.weight * 1000000
            end as mean
    ) as usual
),

summed as (
    select
        dimension, value, anchor_day,
        sum(reporters) as reporters,
        -- products as doubles: two decimals of eighteen digits overflow from a thousand reporters a day. Sums of decimals
        -- do not depend on their order.
        sum(cast(cast(reporters as double) * cast(reporters as double) as decimal(28, 6))) as squares,
        sum(cast(cast(reporters as double) * weight as decimal(28, 6))) as weighted
    from capped
    group by all
),

rated as (
    select
        judgeable.dimension,
        judgeable.value,
        judgeable.anchor_day,
        judgeable.baseline_days,
        coalesce(cast(summed.reporters as double), 0) as reporters,
        coalesce(cast(summed.squares as double), 0) as squares,
        coalesce(cast(summed.weighted as double), 0) as weighted,
        judgeable.exposure,
        judgeable.squares as weight_squares,
        (coalesce(cast(summed.reporters as double), 0) + 0.5) / judgeable.exposure as daily_rate
    from judgeable
    left join summed
        on summed.dimension = judgeable.dimension
        and summed.value = judgeable.value
        and summed.anchor_day = judgeable.anchor_day
),

final as (
    select
        rated.dimension,
        rated.value,
        rated.anchor_day,
        rated.baseline_days,
        round(rated.reporters, 2) as baseline_reporters,
        round(rated.daily_rate, 6) as daily_rate,
        -- sum over days of (count - expected)^2 - expected, against the sum of expected^2
        round(
            greatest(
                0,
                rated.squares - 2 * rated.daily_rate * rated.weighted
                + rated.daily_rate * rated.daily_rate * rated.weight_squares
                - rated.daily_rate * rated.exposure
                + policy.prior_overdispersion * policy.prior_overdispersion_weight
            ) / (
                rated.daily_rate * rated.daily_rate * rated.weight_squares + policy.prior_overdispersion_weight
            ),
            6
        ) as overdispersion
    from rated
    cross join policy
)

select * from final
