-- score = reporters x weight of the severity x recency, from the factors that the finding shows.
select findings.as_of, findings.finding_key, findings.score
from {{ ref('fct_findings') }} as findings
inner join {{ ref('severity_weights') }} as weights on weights.severity = findings.severity
where abs(
    findings.score
    - findings.reporters * weights.weight * cast(json_extract(findings.details, '$.score.recency') as double)
) > 0.011
