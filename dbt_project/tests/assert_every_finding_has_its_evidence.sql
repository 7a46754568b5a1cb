-- A finding says how many tickets are behind it, and they are there. Only findings about the data itself, and
-- warnings that rest on records of billing alone, have none.
select findings.as_of, findings.finding_key, findings.tickets, count(evidence.ticket_id) as evidence
from {{ ref('fct_findings') }} as findings
left join {{ ref('fct_finding_evidence') }} as evidence
    on evidence.as_of = findings.as_of and evidence.finding_key = findings.finding_key
group by findings.as_of, findings.finding_key, findings.tickets, findings.kind
having count(evidence.ticket_id) <> findings.tickets or (findings.tickets = 0 and findings.kind not in ('quality', 'churn'))
