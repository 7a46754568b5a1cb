-- A ticket is evidence only from the moment it happened and was known.
select evidence.as_of, evidence.finding_key, evidence.ticket_id
from {{ ref('fct_finding_evidence') }} as evidence
inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = evidence.ticket_id
where greatest(facts.created_at, facts.known_at) > evidence.as_of
