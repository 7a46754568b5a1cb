-- Grain: one row a ticket that counts: what its agents did, in order, and how it ended. Definitions: DECISIONLOG.md.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

messages as ({{ facts_changed(ref('int_messages')) }}),

turns as ({{ facts_changed(ref('int_ticket_turns')) }}),

events as ({{ facts_changed(ref('int_ticket_events')) }}),

read_messages as ({{ facts_changed(source('enrich', 'messages')) }}),

said as (
    select
        messages.ticket_id, messages.message_id, messages.position, messages.author_role, messages.author_id,
        messages.is_public, messages.sent_at, read_messages.actions
    from messages
    inner join read_messages on messages.message_id = read_messages.message_id
    where not coalesce(read_messages.is_automatic, false)
),

acts as (
    select
        said.ticket_id,
        said.sent_at as occurred_at,
        0 as kind,
        said.message_id as act_id,
        said.actions as steps
    from said
    where said.author_role = 'agent' and len(said.actions) > 0
    union all
    select ticket_id, occurred_at, 1, event_id, [turn] from turns
),

solving as (
    select
        solved.ticket_id,
        solved.solved_at,
        min(case when turns.turn = 'reopened' and turns.occurred_at >= solved.solved_at then turns.occurred_at end)
            as reopened_at,
        max_by(turns.turn, struct_pack(at := turns.occurred_at, n := length(turns.event_id), id := turns.event_id))
            as last_turn,
        max(case when turns.turn = 'solved' then turns.occurred_at end) as last_solved_at
    from (
        select ticket_id, min(case when turn = 'solved' then occurred_at end) as solved_at from turns group by ticket_id
    ) as solved
    inner join turns on solved.ticket_id = turns.ticket_id
    group by solved.ticket_id, solved.solved_at
),

-- Who had the last public word before the end. A customer's message whose author is not told is the requester's.
last_words as (
    select
        said.ticket_id,
        max(case when said.author_role = 'agent' then said.sent_at end) as agent_at,
        max(case
            when said.author_role = 'customer' and said.position > 1
                and coalesce(said.author_id = facts.requester_id, true)
                then said.sent_at
        end) as customer_at
    from said
    inner join facts on said.ticket_id = facts.ticket_id
    left join solving on said.ticket_id = solving.ticket_id
    where said.is_public and said.sent_at <= coalesce(solving.last_solved_at, said.sent_at)
    group by said.ticket_id
),

solved_by_customer as (
    select distinct events.ticket_id
    from events
    inner join solving on events.ticket_id = solving.ticket_id and events.occurred_at = solving.last_solved_at
    inner join facts on events.ticket_id = facts.ticket_id and events.actor_id = facts.requester_id
    where events.event_type = 'status'
),

done as (
    select
        acts.ticket_id,
        {{ joined_lists('acts.steps', 'acts.occurred_at, acts.kind, acts.act_id') }} as steps,
        {{ joined_lists(
            "case when acts.kind = 0 and acts.occurred_at <= coalesce(solving.solved_at, acts.occurred_at) then acts.steps else [] end",
            'acts.occurred_at, acts.kind, acts.act_id'
        ) }} as first_steps
    from acts
    left join solving on acts.ticket_id = solving.ticket_id
    group by acts.ticket_id
),

final as (
    select
        facts.ticket_id,
        facts.source,
        facts.created_at,
        facts.intent,
        array_to_string({{ without_repeats('done.steps') }}, ' > ') as path,
        nullif(array_to_string({{ first_places('done.first_steps') }}, ' > '), '') as approach,
        cast(coalesce(len({{ without_repeats('done.steps') }}), 0) as integer) as steps,
        case
            when solving.last_turn = 'reopened' then 'reopened'
            -- some exports tell that a ticket is solved and not when
            when solving.last_turn = 'solved' or facts.status in ('solved', 'closed') then
                case
                    when solved_by_customer.ticket_id is not null
                        or coalesce(last_words.customer_at > last_words.agent_at, last_words.customer_at is not null)
                        then 'solved'
                    else 'assumed'
                end
            -- without a status nothing is known of how it ended
            when facts.status is not null then 'unsolved'
        end as outcome,
        solving.solved_at,
        solving.reopened_at,
        facts.known_at
    from facts
    left join done on facts.ticket_id = done.ticket_id
    left join solving on facts.ticket_id = solving.ticket_id
    left join last_words on facts.ticket_id = last_words.ticket_id
    left join solved_by_customer on facts.ticket_id = solved_by_customer.ticket_id
)

select * from final
