-- Grain: one row a ticket without an intent that nobody has labelled, the oldest 200. waiting: how many there are.
select
    created_at, ticket_id, url, title, coalesce(names.name, cases.guess) as guess, confidence, threshold, why,
    count(*) over () as waiting
from marts.fct_edge_cases as cases
left join seeds.intents as names on names.intent = cases.guess
where not is_labelled
order by created_at, ticket_id
limit 200
