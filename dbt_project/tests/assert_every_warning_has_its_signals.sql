-- The tickets of a warning are those of its rules, each of its rules has evidence, and the weights sum up to its confidence.
with findings as (
    select as_of, finding_key, tickets, confidence from {{ ref('fct_findings') }} where kind = 'churn'
),

tickets as (
    select as_of, finding_key, count(distinct ticket_id) as tickets
    from (select as_of, finding_key, {{ each('ticket_ids') }} as ticket_id from {{ ref('fct_churn_signals') }}) as named
    group by all
),

signals as (
    select
        as_of, finding_key, least(1, sum(weight)) as confidence,
        min(len(ticket_ids) + len(record_ids)) as least_evidence
    from {{ ref('fct_churn_signals') }}
    group by all
)

select findings.as_of, findings.finding_key
from findings
left join tickets on tickets.as_of = findings.as_of and tickets.finding_key = findings.finding_key
left join signals on signals.as_of = findings.as_of and signals.finding_key = findings.finding_key
where findings.tickets <> coalesce(tickets.tickets, 0)
    or coalesce(signals.least_evidence, 0) = 0
    or abs(findings.confidence - coalesce(signals.confidence, 0)) > 0.006
