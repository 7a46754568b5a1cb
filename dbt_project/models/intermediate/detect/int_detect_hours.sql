-- Grain: hour. How much of a usual week's tickets falls into each hour, and into all hours before it.
-- The weight of an hour is 1/24 on average; the shape (weekday times hour of the day) is taken, week by week, from
-- all tickets of the baseline period before that week's Monday.
-- Weeks and periods begin at midnight, so tickets are counted by the hour first: each is in a dozen baselines.
with tickets as (
    select
        date_trunc('hour', created_at) as hour,
        date_trunc('week', greatest(created_at, known_at)) as seen_week,
        min(greatest(created_at, known_at)) as seen_at,
        count(*) as tickets
    from {{ ref('int_ticket_facts') }}
    group by 1, 2
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

span as (
    select
        least(
            coalesce((select min(seen_at) from tickets), min(as_of)),
            min(as_of) - to_days(cast(max(look_back_days + baseline_days) as integer) + 21)
        ) as first_at,
        max(as_of) as last_at
    from {{ source('control', 'as_of') }}
    cross join policy
),

weeks as (
    select cast(unnest(generate_series(date_trunc('week', first_at), last_at, interval 7 day)) as timestamp) as week
    from span
),

baseline as (
    select weeks.week, isodow(tickets.hour) as weekday, hour(tickets.hour) as hour_of_day, tickets.tickets
    from weeks
    cross join policy
    inner join tickets
        on tickets.hour >= weeks.week - to_days(cast(policy.baseline_days as integer))
        and tickets.hour < weeks.week
        and tickets.seen_week < weeks.week
),

by_week as (
    select week, sum(tickets) as tickets from baseline group by all
),

by_weekday as (
    select week, weekday, sum(tickets) as tickets from baseline group by all
),

by_hour as (
    select week, hour_of_day, sum(tickets) as tickets from baseline group by all
),

hours as (
    select
        weeks.week,
        cast(unnest(generate_series(weeks.week, weeks.week + interval 167 hour, interval 1 hour)) as timestamp) as hour
    from weeks
),

weighted as (
    select
        hours.hour,
        cast(
            7 * (coalesce(by_weekday.tickets, 0) + policy.profile_prior_tickets / 7)
            / (coalesce(by_week.tickets, 0) + policy.profile_prior_tickets)
            * (coalesce(by_hour.tickets, 0) + policy.profile_prior_tickets / 24)
            / (coalesce(by_week.tickets, 0) + policy.profile_prior_tickets)
            as decimal(18, 8)
        ) as weight
    from hours
    cross join policy
    left join by_week on by_week.week = hours.week
    left join by_weekday on by_weekday.week = hours.week and by_weekday.weekday = isodow(hours.hour)
    left join by_hour on by_hour.week = hours.week and by_hour.hour_of_day = hour(hours.hour)
),

final as (
    select
        hour,
        weight,
        sum(weight) over (order by hour rows between unbounded preceding and current row) - weight as exposure_before
    from weighted
)

select
    hour,
    weight,
    -- a decimal, so that differences do not depend on how far back the first hour lies
    cast(exposure_before as decimal(18, 8)) as exposure_before
from final
