-- Grain: one row a KPI: its last 28 days, for the line under the number.
with

recent as (
    select * from marts.fct_ticket_kpis_daily
    where day > (select max(as_of) from control.as_of)::date - 28
),

long as (
    unpivot (select day, tickets_created, first_replies, tickets_resolved, reopens, ratings, backlog from recent)
    on tickets_created as created, first_replies as replied, tickets_resolved as resolved, reopens as reopened,
        ratings as rated, backlog as open
    into name kpi value n
)

select kpi, list(n order by day) as days from long group by kpi
