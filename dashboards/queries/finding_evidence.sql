-- Grain: one row a ticket behind a finding, at the newest moment that knows the finding.
select
    e.ticket_id, e.url, e.created_at, e.reason, e.strength, e.quote, e.reporter_key,
    t.title, t.intent, t.release, t.status, t.organization_name
from marts.fct_finding_evidence as e
left join marts.fct_tickets as t on t.ticket_id = e.ticket_id
where e.finding_key = $finding
    and e.as_of = (select max(as_of) from marts.fct_findings where finding_key = $finding)
order by e.created_at desc, e.ticket_id
