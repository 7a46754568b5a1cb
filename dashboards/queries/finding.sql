-- Grain: at most one row: a finding at the newest moment that knows it.
select *, date_diff('second', (select max(as_of) from marts.fct_findings), as_of) < 0 as is_past
from marts.fct_findings
where finding_key = $finding
order by as_of desc
limit 1
