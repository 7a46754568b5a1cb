-- Grain: one row a ticket without an intent and without a category, the oldest 200. waiting: how many there are.
select
    created_at, ticket_id, url, title, coalesce(names.name, cases.guess) as guess, confidence,
    nullif(threshold, 1) as threshold,  -- 1: no confidence is high enough yet
    why,
    count(*) over () as waiting
from marts.fct_edge_cases as cases
left join seeds.intents as names on names.intent = cases.guess
where not has_category
order by created_at, ticket_id
limit 200
