-- Grain: one row a ticket that counts, with what happened to it. Definitions: DECISIONLOG.md.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

messages as ({{ facts_changed(ref('int_messages')) }}),

turns as ({{ facts_changed(ref('int_ticket_turns')) }}),

ratings as ({{ facts_changed(ref('int_satisfaction_ratings')) }}),

-- Public, by a person who is an agent, after the ticket was opened.
replies as (
    select messages.ticket_id, min(messages.sent_at) as first_reply_at, count(*) as agent_replies
    from messages
    where messages.author_role = 'agent' and messages.is_public and messages.position > 1
    group by messages.ticket_id
),

solving as (
    select
        ticket_id,
        max(case when turn = 'solved' then occurred_at end) as last_solved_at,
        max(case when turn = 'reopened' then occurred_at end) as last_reopened_at,
        sum(case when turn = 'reopened' then 1 else 0 end) as reopens
    from turns
    group by ticket_id
),

last_ratings as (
    select ticket_id, score, rated_at
    from (
        select *, row_number() over (partition by ticket_id order by rated_at desc, rating_id desc) as place
        from ratings
    ) as ranked
    where place = 1
),

joined as (
    select
        facts.ticket_id,
        facts.created_at,
        replies.first_reply_at,
        coalesce(replies.agent_replies, 0) as agent_replies,
        -- reopened after it was last solved: not resolved
        case
            when solving.last_reopened_at is null or solving.last_solved_at > solving.last_reopened_at
                then solving.last_solved_at
        end as resolved_at,
        coalesce(solving.reopens, 0) as reopens,
        last_ratings.score as satisfaction,
        last_ratings.rated_at
    from facts
    left join replies on facts.ticket_id = replies.ticket_id
    left join solving on facts.ticket_id = solving.ticket_id
    left join last_ratings on facts.ticket_id = last_ratings.ticket_id
),

final as (
    select
        ticket_id,
        first_reply_at,
        {{ hours_between('created_at', 'first_reply_at') }} as first_reply_hours,
        agent_replies,
        resolved_at,
        {{ hours_between('created_at', 'resolved_at') }} as resolution_hours,
        cast(reopens as integer) as reopens,
        satisfaction,
        rated_at
    from joined
)

select * from final
