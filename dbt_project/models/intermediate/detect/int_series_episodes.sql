-- Grain: as_of x kind x dimension x value x started_on. Waves: runs of exceeded tests of a series without a pause, as
-- they stood at each moment. best_*: the most unlikely window until then; latest_*: the newest exceeded one.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

looks as (
    select *
    from {{ ref('int_series_exceedances') }}
    qualify row_number() over (
        partition by kind, dimension, value, look_at order by p_value, window_hours, window_id
    ) = 1
),

gaps as (
    select
        looks.*,
        coalesce(
            looks.look_at - lag(looks.look_at) over series > to_days(cast(policy.episode_gap_days as integer)), true
        ) as starts
    from looks
    cross join policy
    window series as (partition by looks.kind, looks.dimension, looks.value order by looks.look_at)
),

islands as (
    select *, count_if(starts) over (partition by kind, dimension, value order by look_at) as island from gaps
),

episodes as (
    select
        *,
        first_value(look_at) over episode as first_look_at,
        first_value(start_at) over episode as first_start_at,
        lead(look_at) over episode as next_look_at,
        min(struct_pack(
            p := p_value, hours := window_hours, look_at := look_at, start_at := start_at, window_id := window_id,
            rule_id := rule_id, reporters := reporters, tickets := tickets, expected := expected,
            daily_rate := daily_rate, threshold := threshold
        )) over (episode rows between unbounded preceding and current row) as best
    from islands
    window episode as (partition by kind, dimension, value, island order by look_at)
),

final as (
    select
        moments.as_of,
        episodes.kind,
        episodes.dimension,
        episodes.value,
        cast(episodes.first_look_at as date) as started_on,
        episodes.first_look_at,
        episodes.first_start_at,
        episodes.look_at as latest_look_at,
        episodes.start_at as latest_start_at,
        episodes.window_hours as latest_hours,
        episodes.reporters as latest_reporters,
        episodes.expected as latest_expected,
        episodes.best.look_at as best_look_at,
        episodes.best.start_at as best_start_at,
        episodes.best.hours as best_hours,
        episodes.best.window_id as best_window_id,
        episodes.best.rule_id as best_rule_id,
        episodes.best.reporters as best_reporters,
        episodes.best.tickets as best_tickets,
        episodes.best.expected as best_expected,
        episodes.best.daily_rate as daily_rate,
        episodes.best.p as p_value,
        episodes.best.threshold as threshold
    from episodes
    cross join policy
    inner join {{ source('control', 'as_of') }} as moments
        on moments.as_of >= episodes.look_at
        and moments.as_of < coalesce(
            episodes.next_look_at, episodes.look_at + to_days(cast(policy.look_back_days as integer))
        )
)

select * from final
