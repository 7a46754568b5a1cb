-- However many rules fire, an account has one warning.
select as_of, account_key, count(distinct finding_key) as findings
from {{ ref('fct_churn_signals') }}
group by as_of, account_key
having count(distinct finding_key) > 1
