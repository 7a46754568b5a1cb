-- Grain: as_of x topic. Questions that many ask and no article answers: how-to topics of the last 28 days.
-- Only tickets that could be compared with an article count: without articles in their language nothing is claimed.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

tickets as (
    select
        facts.ticket_id, facts.topic_id, facts.reporter_key, facts.created_at,
        greatest(facts.created_at, facts.known_at) as seen_at,
        coalesce(facts.intent = 'how_to', false) as is_how_to
    from {{ ref('int_ticket_facts') }} as facts
    where facts.topic_id is not null
),

matches as (
    select ticket_id, max(similarity) as similarity
    from {{ source('enrich', 'article_matches') }}
    where article_id is not null
    group by ticket_id
),

counted as (
    select
        moments.as_of,
        tickets.topic_id,
        count(*) as tickets,
        count(distinct tickets.reporter_key) as reporters,
        count_if(tickets.is_how_to) as how_to,
        count_if(matches.similarity >= policy.knowledge_similarity) as matched,
        min(tickets.created_at) as onset_at,
        moments.as_of as ended_at  -- a few days without the question do not answer it
    from {{ source('control', 'as_of') }} as moments
    cross join policy
    inner join tickets
        on tickets.seen_at <= moments.as_of and tickets.created_at > moments.as_of - interval 28 day
    inner join matches on matches.ticket_id = tickets.ticket_id
    group by all
),

final as (
    select
        counted.*,
        'knowledge:' || counted.topic_id as candidate_key
    from counted
    cross join policy
    where counted.reporters >= policy.knowledge_min_reporters
        and counted.how_to >= 0.6 * counted.tickets
        and counted.matched <= policy.knowledge_max_matched * counted.tickets
)

select * from final
