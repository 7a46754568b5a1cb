-- Grain: as_of x candidate_key x ticket. The tickets behind every candidate, why each is in, and how strongly.
with bugs as (
    select
        as_of, 'bug:' || group_key as candidate_key, ticket_id, bug_key as component_key, reason, strength
    from {{ ref('int_bug_members') }}
),

waves as (
    select
        waves.as_of,
        waves.candidate_key,
        tickets.ticket_id,
        cast(null as varchar) as component_key,
        case waves.dimension
            when 'all' then 'came in the window'
            when 'intent' then 'same intent, came in the window'
            when 'topic' then 'same topic, came in the window'
            else 'same error signature, came in the window'
        end as reason,
        case waves.dimension when 'all' then 0.3 when 'intent' then 0.4 when 'topic' then 0.5 else 0.9 end as strength
    from {{ ref('int_volume_candidates') }} as waves
    inner join {{ ref('int_series_tickets') }} as tickets
        on tickets.dimension = waves.dimension
        and tickets.value = waves.value
        and tickets.created_at > waves.onset_at
        and tickets.created_at <= waves.ended_at
        and tickets.seen_at <= waves.as_of
),

questions as (
    select
        candidates.as_of,
        candidates.candidate_key,
        facts.ticket_id,
        cast(null as varchar) as component_key,
        'same topic, asked in the last 28 days' as reason,
        0.5 as strength
    from {{ ref('int_knowledge_candidates') }} as candidates
    inner join {{ ref('int_ticket_facts') }} as facts
        on facts.topic_id = candidates.topic_id
        and facts.created_at > candidates.as_of - interval 28 day
        and greatest(facts.created_at, facts.known_at) <= candidates.as_of
),

signals as (
    select as_of, account_key, rule_id, rule_name, weight, {{ each('ticket_ids') }} as ticket_id
    from {{ ref('int_churn_signals') }}
),

warnings as (
    select
        as_of,
        'churn:' || account_key as candidate_key,
        ticket_id,
        cast(null as varchar) as component_key,
        string_agg(rule_name, ', ' order by rule_id) as reason,
        max(weight) as strength
    from signals
    group by as_of, account_key, ticket_id
)

select * from bugs
union all
select * from waves
union all
select * from questions
union all
select * from warnings
