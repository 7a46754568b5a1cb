-- Grain: one row a record in quarantine.
select source, stream, record_id, rule, column_name, value, severity, suite, quarantined_at
from marts.fct_quarantine
order by quarantined_at desc, source, stream, record_id
