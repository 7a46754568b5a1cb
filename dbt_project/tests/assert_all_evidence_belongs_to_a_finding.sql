select evidence.as_of, evidence.finding_key, evidence.ticket_id
from {{ ref('fct_finding_evidence') }} as evidence
left join {{ ref('fct_findings') }} as findings
    on findings.as_of = evidence.as_of and findings.finding_key = evidence.finding_key
where findings.finding_key is null
