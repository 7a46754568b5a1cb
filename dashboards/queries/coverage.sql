-- Grain: one row a kind of context, of the newest month that has tickets: for how many tickets it is known.
select context, tickets, known, share
from marts.fct_context_coverage
where month = (select max(month) from marts.fct_context_coverage)
order by share desc, context
