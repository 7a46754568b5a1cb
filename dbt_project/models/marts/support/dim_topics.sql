-- Grain: one row a topic, live or retired.
with

topics as (select * from {{ source('enrich', 'topics') }}),

facts as (select * from {{ ref('int_ticket_facts') }}),

judged as (select max(as_of) as last_as_of from {{ source('control', 'as_of') }}),

counted as (
    select
        facts.topic_id,
        count(*) as tickets,
        count(distinct facts.reporter_key) as reporters,
        sum(case when facts.created_at > judged.last_as_of - interval '28' day then 1 else 0 end) as tickets_28_days,
        min(facts.created_at) as first_ticket_at,
        max(facts.created_at) as last_ticket_at
    from facts
    cross join judged
    where facts.topic_id is not null and facts.created_at <= judged.last_as_of
    group by facts.topic_id
),

final as (
    select
        topics.topic_id,
        topics.label,
        topics.words,
        topics.status,
        topics.born_at,
        coalesce(counted.tickets, 0) as tickets,
        coalesce(counted.reporters, 0) as reporters,
        cast(coalesce(counted.tickets_28_days, 0) as bigint) as tickets_28_days,
        counted.first_ticket_at,
        counted.last_ticket_at
    from topics
    left join counted on topics.topic_id = counted.topic_id
)

select * from final
