-- Grain: one row a source.
select
    source, type, last_ok_at, newest_ticket_at, tickets, coalesce(reason, '') as reason,
    case when is_bad then 'stopped' when is_late then 'late' else 'fresh' end as state
from marts.fct_source_freshness
order by is_bad desc, is_late desc, source
