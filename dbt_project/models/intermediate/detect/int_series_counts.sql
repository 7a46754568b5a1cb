-- Grain: look_at x window_id x dimension x value. Distinct reporters and tickets in each tested window, where there
-- are enough of them to be worth a test.
-- Windows overlap: a ticket is in up to hundreds of them, and those are one range of looks. So each ticket is looked at
-- once, as a range; a reporter counts from each range up to the next of theirs; the counts are running sums of what
-- begins and ends at a look.
with windows as (
    select window_id, dimension, kind, min_reporters, min_tickets from {{ ref('detection_windows') }}
),

looks as (
    select *, row_number() over (partition by window_id order by look_at) as look from {{ ref('int_detect_looks') }}
),

-- start_at never falls from look to look; in a window since a release several looks have the same.
starts as (
    select window_id, start_at, max(look) as last_look from looks group by window_id, start_at
),

tested as (
    select
        windows.window_id, tickets.dimension, tickets.value, tickets.ticket_id, tickets.reporter_key,
        tickets.created_at,
        greatest(tickets.created_at, tickets.seen_at) as visible_at
    from {{ ref('int_series_tickets') }} as tickets
    inner join windows on windows.dimension = tickets.dimension
    where tickets.created_at > (select min(start_at) from looks)
),

ranges as (
    select
        tested.window_id, tested.dimension, tested.value, tested.ticket_id, tested.reporter_key,
        coalesce(before.look, 0) + 1 as first_look,
        starts.last_look
    from tested
    asof left join looks as before
        on before.window_id = tested.window_id and before.look_at < tested.visible_at
    asof inner join starts
        on starts.window_id = tested.window_id and starts.start_at < tested.created_at
    where coalesce(before.look, 0) < starts.last_look
),

-- What of a range no earlier range of the reporter covers.
reported as (
    select
        window_id, dimension, value, last_look,
        greatest(
            first_look,
            1 + coalesce(
                max(last_look) over (
                    partition by window_id, dimension, value, reporter_key
                    order by first_look, ticket_id
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as first_look
    from ranges
),

changes as (
    select window_id, dimension, value, first_look as look, 0 as reporters, 1 as tickets from ranges
    union all
    select window_id, dimension, value, last_look + 1, 0, -1 from ranges
    union all
    select window_id, dimension, value, first_look, 1, 0 from reported where first_look <= last_look
    union all
    select window_id, dimension, value, last_look + 1, -1, 0 from reported where first_look <= last_look
),

by_look as (
    select window_id, dimension, value, look, sum(reporters) as reporters, sum(tickets) as tickets
    from changes
    group by window_id, dimension, value, look
),

running as (
    select
        window_id, dimension, value, look,
        lead(look) over series as next_look,
        cast(sum(reporters) over series as bigint) as reporters,
        cast(sum(tickets) over series as bigint) as tickets
    from by_look
    window series as (partition by window_id, dimension, value order by look)
),

enough as (
    select
        running.window_id, running.dimension, running.value, windows.kind, running.reporters, running.tickets,
        unnest(range(running.look, running.next_look)) as look
    from running
    inner join windows on windows.window_id = running.window_id and windows.dimension = running.dimension
    where running.reporters >= windows.min_reporters and running.tickets >= windows.min_tickets
),

final as (
    select
        looks.look_at,
        looks.window_id,
        looks.start_at,
        looks.anchor_day,
        looks.window_hours,
        looks.exposure,
        enough.kind,
        enough.dimension,
        enough.value,
        enough.reporters,
        enough.tickets
    from enough
    inner join looks on looks.window_id = enough.window_id and looks.look = enough.look
)

select * from final
