-- The running backlog ends at the number of tickets that are not solved. Where the past is judged it cannot be compared:
-- resolved_at is of today, and a ticket that was solved then may have been reopened since.
with

last_day as (
    select day, backlog from {{ ref('fct_ticket_kpis_daily') }}
    where day = (select max(day) from {{ ref('fct_ticket_kpis_daily') }})
),

open_tickets as (
    select count(*) as tickets
    from {{ ref('fct_tickets') }}
    cross join last_day
    where cast(created_at as date) <= last_day.day
        and (resolved_at is null or cast(resolved_at as date) > last_day.day)
)

select last_day.day, last_day.backlog, open_tickets.tickets
from last_day
cross join open_tickets
where last_day.backlog <> open_tickets.tickets
    and not exists (
        select 1 from {{ ref('int_ticket_turns') }} as turns where cast(turns.occurred_at as date) > last_day.day
    )
