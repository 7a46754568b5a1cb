-- Grain: as_of x topic. Questions that many ask and no article answers: how-to topics of the last 28 days.
-- Tables of matches come from the enrichment where it makes them; without, nothing is claimed.
{% set matches = adapter.get_relation(database=target.database, schema='enrich', identifier='article_matches') %}
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
    {% if matches -%}
    select ticket_id, max(similarity) as similarity from {{ matches }} group by ticket_id
    {%- else -%}
    select cast(null as varchar) as ticket_id, cast(null as double) as similarity where false
    {%- endif %}
),

counted as (
    select
        moments.as_of,
        tickets.topic_id,
        count(*) as tickets,
        count(distinct tickets.reporter_key) as reporters,
        count_if(tickets.is_how_to) as how_to,
        count_if(coalesce(matches.similarity, 0) >= policy.knowledge_similarity) as matched,
        min(tickets.created_at) as onset_at,
        max(tickets.created_at) as ended_at
    from {{ source('control', 'as_of') }} as moments
    cross join policy
    inner join tickets
        on tickets.seen_at <= moments.as_of and tickets.created_at > moments.as_of - interval 28 day
    left join matches on matches.ticket_id = tickets.ticket_id
    where exists (select 1 from matches)
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
