-- An account is behind a finding because of its tickets, which are evidence; only churn is also about those that are silent.
with evidence as (
    select evidence.as_of, evidence.finding_key, facts.account_key, count(*) as tickets
    from {{ ref('fct_finding_evidence') }} as evidence
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = evidence.ticket_id
    where facts.account_key is not null
    group by all
)

select accounts.as_of, accounts.finding_key, accounts.account_key, accounts.tickets, evidence.tickets as evidence
from {{ ref('fct_finding_accounts') }} as accounts
full join evidence
    on evidence.as_of = accounts.as_of
    and evidence.finding_key = accounts.finding_key
    and evidence.account_key = accounts.account_key
where coalesce(accounts.tickets, -1) <> coalesce(evidence.tickets, 0)
