-- Grain: ticket with a bug key. Spells of a bug: runs of its tickets without a long pause.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

gaps as (
    select
        keyed.*,
        keyed.created_at - lag(keyed.created_at) over tickets > to_days(cast(policy.spell_gap_days as integer)) as starts
    from {{ ref('int_bug_keys') }} as keyed
    cross join policy
    window tickets as (partition by keyed.bug_key order by keyed.created_at, keyed.ticket_id)
),

numbered as (
    select
        * exclude (starts),
        1 + count_if(coalesce(starts, false)) over (
            partition by bug_key order by created_at, ticket_id
        ) as spell
    from gaps
),

final as (
    select
        *,
        min(created_at) over (partition by bug_key, spell) as spell_started_at,
        max(created_at) over (partition by bug_key, spell) as spell_ended_at
    from numbered
)

select * from final
