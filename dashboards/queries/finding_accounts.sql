-- Grain: one row an account behind a finding, at the newest moment that knows the finding; the largest ARR first.
select account_key, name, tier, segment, plan, arr, currency, arr_reporting, tickets, owner_name
from marts.fct_finding_accounts
where finding_key = $finding
    and as_of = (select max(as_of) from marts.fct_findings where finding_key = $finding)
order by arr_reporting desc nulls last, tickets desc, account_key
