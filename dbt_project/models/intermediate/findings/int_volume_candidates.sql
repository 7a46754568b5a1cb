-- Grain: as_of x candidate_key. Waves in a series as findings: the most unlikely window until then is the wave's core;
-- what lies before and after it belongs to it where it is raised too.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

hours as (
    select * from {{ ref('int_detect_hours') }}
),

episodes as (
    select
        *,
        kind || ':' || case when kind = 'topic' then '' else dimension || ':' end || value || ':' || started_on
            as candidate_key
    from {{ ref('int_series_episodes') }}
    where kind in ('volume', 'topic')
),

edges as (
    select
        episodes.as_of,
        episodes.candidate_key,
        count(distinct case when tickets.created_at <= episodes.best_start_at then tickets.reporter_key end) as before,
        count(distinct case when tickets.created_at > episodes.best_look_at then tickets.reporter_key end) as after
    from episodes
    inner join {{ ref('int_series_tickets') }} as tickets
        on tickets.dimension = episodes.dimension
        and tickets.value = episodes.value
        and tickets.created_at > episodes.first_start_at
        and tickets.created_at <= episodes.latest_look_at
        and tickets.seen_at <= episodes.as_of
    group by all
),

expected as (
    select
        episodes.as_of,
        episodes.candidate_key,
        episodes.daily_rate
        * cast(
            {{ exposure_at('best_start', 'episodes.best_start_at') }} - {{ exposure_at('first', 'episodes.first_start_at') }}
            as double
        ) as before,
        episodes.daily_rate
        * cast(
            {{ exposure_at('latest', 'episodes.latest_look_at') }} - {{ exposure_at('best_look', 'episodes.best_look_at') }}
            as double
        ) as after
    from episodes
    inner join hours as first on first.hour = date_trunc('hour', episodes.first_start_at)
    inner join hours as best_start on best_start.hour = date_trunc('hour', episodes.best_start_at)
    inner join hours as best_look on best_look.hour = date_trunc('hour', episodes.best_look_at)
    inner join hours as latest on latest.hour = date_trunc('hour', episodes.latest_look_at)
),

final as (
    select
        episodes.as_of,
        episodes.candidate_key,
        episodes.kind,
        episodes.dimension,
        episodes.value,
        episodes.best_window_id as window_id,
        episodes.best_rule_id as rule_id,
        episodes.first_look_at,
        least(
            episodes.best_start_at,
            case
                when edges.before > 0 and edges.before >= 1.5 * expected.before
                    then episodes.first_start_at
                else episodes.best_start_at
            end
        ) as onset_at,
        case
            when edges.after > 0 and edges.after >= 1.5 * expected.after then episodes.latest_look_at
            else episodes.best_look_at
        end as ended_at,
        episodes.best_start_at as window_start_at,
        episodes.best_look_at as window_end_at,
        episodes.best_hours as window_hours,
        episodes.best_reporters as observed,
        episodes.best_expected as expected,
        episodes.p_value,
        episodes.threshold
    from episodes
    inner join edges on edges.as_of = episodes.as_of and edges.candidate_key = episodes.candidate_key
    inner join expected on expected.as_of = episodes.as_of and expected.candidate_key = episodes.candidate_key
)

select * from final
