-- Grain: one row a rule that keeps records back.
select source, stream, rule, column_name, severity, count(*) as records, max(quarantined_at) as newest_at
from marts.fct_quarantine
group by all
order by records desc, source, stream, rule, column_name
