-- Grain: look_at x window_id x dimension x value. Distinct reporters and tickets in each tested window, where there
-- are enough of them to be worth a test.
with windows as (
    select * from {{ ref('detection_windows') }}
),

looks as (
    -- one row a day that the window touches, so that the join below is one of equal days
    select
        look_at, window_id, start_at, anchor_day, window_hours, exposure,
        cast(unnest(generate_series(date_trunc('day', start_at), look_at, interval 1 day)) as date) as day
    from {{ ref('int_detect_looks') }}
),

tickets as (
    select *, cast(created_at as date) as day from {{ ref('int_series_tickets') }}
),

final as (
    select
        looks.look_at,
        looks.window_id,
        looks.start_at,
        looks.anchor_day,
        looks.window_hours,
        looks.exposure,
        windows.kind,
        tickets.dimension,
        tickets.value,
        count(distinct tickets.reporter_key) as reporters,
        count(*) as tickets
    from looks
    inner join windows on windows.window_id = looks.window_id
    inner join tickets
        on tickets.day = looks.day
        and tickets.dimension = windows.dimension
        and tickets.created_at > looks.start_at
        and tickets.created_at <= looks.look_at
        and tickets.seen_at <= looks.look_at
    group by all
    having count(distinct tickets.reporter_key) >= any_value(windows.min_reporters)
        and count(*) >= any_value(windows.min_tickets)
)

select * from final
