-- Grain: one row a day from a finding's first ticket to the newest moment: its tickets.
with

evidence as (
    select created_at::date as day, ticket_id
    from marts.fct_finding_evidence
    where finding_key = $finding
        and as_of = (select max(as_of) from marts.fct_findings where finding_key = $finding)
),

days as (
    select unnest(generate_series(min(day), greatest(max(day), (select max(as_of)::date from control.as_of)), interval 1 day))::date as day
    from evidence
)

select days.day, count(evidence.ticket_id) as tickets
from days left join evidence on evidence.day = days.day
group by days.day
order by days.day
