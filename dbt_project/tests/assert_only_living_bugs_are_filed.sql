-- An issue is only made for a bug that is open now, and only when it has none.
select issues.delivery_key
from {{ ref('publish_linear_issues') }} as issues
left join {{ ref('fct_findings') }} as findings
    on findings.finding_key = issues.finding_key
    and findings.as_of = (select max(as_of) from {{ ref('fct_findings') }})
where issues.operation = 'create'
    and (
        findings.kind is distinct from 'bug'
        or findings.state not in ('open', 'escalating', 'regressed')
        or findings.tracker_issue_id is not null
        or findings.is_muted
    )
