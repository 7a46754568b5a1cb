-- Grain: look_at x window_id x dimension x value. Tests that came out: more reporters than the budget of false alarms
-- allows for. p_value is the chance of as many or more, from the negative binomial of the baseline; its overdispersion
-- also holds what is not known about the mean (1 / (baseline count + 0.5), the Gamma posterior under Jeffreys' prior).
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

windows as (
    select * from {{ ref('detection_windows') }}
),

expected as (
    select
        counts.*,
        windows.id as rule_id,
        windows.min_lift,
        case
            when windows.dimension = 'bug' then policy.false_alarms_per_bug_key_year
            else policy.false_alarms_per_series_year
        end * windows.budget_share / windows.looks_per_year as threshold,
        baselines.daily_rate,
        baselines.baseline_days,
        round(baselines.daily_rate * counts.exposure, 6) as expected,
        greatest(baselines.overdispersion, 0.0001) + 1 / (baselines.baseline_reporters + 0.5) as overdispersion
    from {{ ref('int_series_counts') }} as counts
    cross join policy
    inner join windows
        on windows.window_id = counts.window_id and windows.dimension = counts.dimension
    inner join {{ ref('int_series_baselines') }} as baselines
        on baselines.dimension = counts.dimension
        and baselines.value = counts.value
        and baselines.anchor_day = counts.anchor_day
),

-- The chance of exactly as many is a part of the chance of as many or more: where it alone is above the threshold (by
-- more than rounding), there is nothing to sum.
possible as (
    select *
    from expected
    where reporters >= min_lift * expected
        and expected > 0
        and {{ nb_probability('reporters', 'expected', 'overdispersion') }} <= threshold * 1.01
),

tested as (
    select
        *,
        {{ significant(nb_upper_tail('reporters', 'expected', 'overdispersion')) }} as p_value
    from possible
)

select
    look_at, window_id, rule_id, kind, dimension, value, start_at, window_hours, reporters, tickets,
    round(expected, 4) as expected, daily_rate, round(overdispersion, 4) as overdispersion, baseline_days,
    p_value, {{ significant('threshold') }} as threshold
from tested
where p_value <= threshold
