-- Grain: one row a time that a ticket was solved or reopened. A ticket is born unsolved.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

changes as (
    select
        event_id,
        ticket_id,
        new_value in ('solved', 'closed') as is_done,
        occurred_at
    from ({{ facts_changed(ref('int_ticket_events')) }}) as events
    where event_type = 'status'
),

-- A helpdesk that tells no changes still tells when the ticket was solved.
told as (
    select
        facts.ticket_id || ':solved' as event_id,
        facts.ticket_id,
        true as is_done,
        facts.solved_at as occurred_at
    from facts
    left join changes on facts.ticket_id = changes.ticket_id and changes.is_done
    where facts.solved_at is not null and changes.ticket_id is null
),

unioned as (
    select * from changes
    union all
    select * from told
),

followed as (
    select
        unioned.*,
        lag(unioned.is_done, 1, false) over (
            partition by unioned.ticket_id order by unioned.occurred_at, length(unioned.event_id), unioned.event_id
        ) as was_done
    from unioned
    inner join facts on unioned.ticket_id = facts.ticket_id
),

final as (
    select
        ticket_id,
        occurred_at,
        event_id,
        case when is_done then 'solved' else 'reopened' end as turn
    from followed
    where is_done <> was_done
)

select * from final
