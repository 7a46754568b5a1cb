-- Grain: one row a kind of context, of the newest week that is over: for how many tickets it is known.
select week, context, tickets, known, share
from marts.fct_context_coverage
where week = (select coalesce(max(week) filter (is_complete), max(week)) from marts.fct_context_coverage)
order by share desc, context
