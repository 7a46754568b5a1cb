-- Grain: one row an account with tickets or bills: those with an open warning first, then the largest ARR.
with risks as (
    select substr(candidate_key, 7) as account_key, finding_key, state, severity, confidence
    from marts.fct_findings
    where as_of = (select max(as_of) from marts.fct_findings) and kind = 'churn' and candidate_key like 'churn:%'
        and state in ('open', 'escalating', 'regressed') and not is_muted and not is_history
    qualify row_number() over (partition by account_key order by confidence desc, finding_key) = 1
)

select
    accounts.*, risks.finding_key, risks.state, risks.severity, risks.confidence,
    risks.finding_key is not null as is_at_risk
from marts.dim_accounts as accounts
left join risks on accounts.account_key = risks.account_key
where accounts.tickets > 0 or accounts.billing_customers > 0
order by is_at_risk desc, risks.confidence desc nulls last, accounts.arr_reporting desc nulls last, accounts.account_key
