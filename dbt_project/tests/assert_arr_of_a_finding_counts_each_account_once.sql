-- The accounts, the ARR and the unknown ones of a finding are those of the rows under it, each account once.
select findings.as_of, findings.finding_key, findings.accounts, findings.arr, findings.accounts_without_arr
from {{ ref('fct_findings') }} as findings
left join {{ ref('fct_finding_accounts') }} as accounts
    on accounts.as_of = findings.as_of and accounts.finding_key = findings.finding_key
group by all
having findings.accounts <> count(accounts.account_key)
    or findings.accounts <> count(distinct accounts.account_key)
    or findings.arr is distinct from sum(accounts.arr_reporting)
    or findings.accounts_without_arr <> count(accounts.account_key) - count(accounts.arr_reporting)
