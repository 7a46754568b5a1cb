-- Grain: one row a week, from its Monday: for how many of its tickets no intent was given, of the last 26 weeks.
select
    cast(date_trunc('week', tickets.created_at) as date) as bucket,
    cast(date_trunc('week', tickets.created_at) as date) + 6 as bucket_end,
    count(*) as tickets,
    count(cases.ticket_id) as unassigned,
    round(count(cases.ticket_id) / count(*), 4) as share
from marts.fct_tickets as tickets
left join marts.fct_edge_cases as cases on cases.ticket_id = tickets.ticket_id
where tickets.created_at >= date_trunc('week', (select max(created_at) from marts.fct_tickets)) - interval 25 weeks
group by all
order by bucket
