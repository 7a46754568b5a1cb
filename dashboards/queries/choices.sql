-- Grain: one row a value that tickets can be filtered by.
select 'intent' as dimension, coalesce(t.intent, 'unknown') as value, coalesce(i.name, t.intent, 'Not sure') as name, count(*) as tickets
from marts.fct_tickets as t left join seeds.intents as i on i.intent = t.intent
group by all
union all
select 'topic', coalesce(topic_id, 'unknown'), coalesce(topic_label, 'No topic'), count(*) from marts.fct_tickets group by all
union all
select 'release', coalesce(release, 'unknown'), coalesce(release, 'Unknown'), count(*) from marts.fct_tickets group by all
order by 1, 4 desc, 2
