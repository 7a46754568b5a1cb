-- Grain: look_at x window_id. When the tests are made (every hour or few, and at the moments to be judged), and the
-- window that each test counts: start_at < created_at <= look_at.
-- A look is the same whichever moment it is looked back from, so it is computed once for all moments.
with moments as (
    select as_of from {{ source('control', 'as_of') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

hours as (
    select * from {{ ref('int_detect_hours') }}
),

windows as (
    select distinct window_id, hours, look_every_hours from {{ ref('detection_windows') }}
),

span as (
    select
        date_trunc('day', min(as_of)) - to_days(cast(max(look_back_days) as integer)) as first_at,
        max(as_of) as last_at
    from moments cross join policy
),

grid as (
    select cast(unnest(generate_series(first_at, last_at, interval 1 hour)) as timestamp) as look_at from span
),

looks as (
    select windows.window_id, windows.hours, grid.look_at
    from grid
    inner join windows on hour(grid.look_at) % windows.look_every_hours = 0
    union
    select windows.window_id, windows.hours, moments.as_of
    from moments cross join windows
),

releases as (
    select released_at, greatest(released_at, known_at) as seen_at from {{ ref('int_releases') }}
),

started as (
    select
        looks.look_at,
        looks.window_id,
        case
            when looks.window_id = 'release' then max(releases.released_at)
            else looks.look_at - to_hours(cast(looks.hours as integer))
        end as start_at
    from looks
    cross join policy
    left join releases
        on looks.window_id = 'release'
        and releases.seen_at <= looks.look_at
        and releases.released_at > looks.look_at - to_days(cast(policy.release_window_days as integer))
        and releases.released_at <= looks.look_at - interval 6 hour
    group by looks.look_at, looks.window_id, looks.hours
),

final as (
    select
        started.look_at,
        started.window_id,
        started.start_at,
        cast(started.start_at as date) as anchor_day,
        round(epoch(started.look_at - started.start_at) / 3600.0, 2) as window_hours,
        cast(
            {{ exposure_at('now_hour', 'started.look_at') }} - {{ exposure_at('start_hour', 'started.start_at') }}
            as double
        ) as exposure
    from started
    inner join hours as now_hour on now_hour.hour = date_trunc('hour', started.look_at)
    inner join hours as start_hour on start_hour.hour = date_trunc('hour', started.start_at)
    where started.start_at is not null
)

select * from final
