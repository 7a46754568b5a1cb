-- Grain: one row a kind of context that findings rest on: the newest week that is over, and the weeks up to it.
with weeks as (
    select * from marts.fct_context_coverage
    where context in ('account', 'plan', 'page', 'release') and is_complete
)

select
    context,
    arg_max(share, week) as share,
    arg_max(known, week) as known,
    arg_max(tickets, week) as tickets,
    max(week) as week,
    list(share order by week) as weeks
from weeks
where week > (select max(week) from weeks) - 84
group by context
order by case context when 'account' then 1 when 'plan' then 2 when 'page' then 3 else 4 end
