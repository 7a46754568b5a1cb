-- Grain: bug_key that first appeared when there was history enough to know that it is new.
-- emerging_at: its second ticket; qualified_at: enough reporters within new_key_days of its first ticket.
-- Only keys that mean one cause by themselves (an issue, a code, an exception) are new by appearing; the rest has to rise.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

history as (
    select min(seen_at) as started_at from {{ ref('int_series_tickets') }} where dimension = 'all'
),

tickets as (
    select * from {{ ref('int_bug_spells') }} where is_new_by_appearing and spell = 1
),

reporters as (
    select bug_key, reporter_key, min(seen_at) as seen_at from tickets group by all
),

nth_reporter as (
    select bug_key, seen_at, row_number() over (partition by bug_key order by seen_at, reporter_key) as n
    from reporters
),

nth_ticket as (
    select bug_key, seen_at, row_number() over (partition by bug_key order by seen_at, ticket_id) as n from tickets
),

keys as (
    select
        bug_key,
        any_value(tier) as tier,
        min(spell_started_at) as first_at,
        max(spell_ended_at) as last_at
    from tickets
    group by bug_key
),

final as (
    select
        keys.bug_key,
        keys.tier,
        keys.first_at,
        keys.last_at,
        second_ticket.seen_at as emerging_at,
        case
            when enough.seen_at <= keys.first_at + to_days(cast(policy.new_key_days as integer)) then enough.seen_at
        end as qualified_at
    from keys
    cross join policy
    cross join history
    inner join nth_ticket as second_ticket on second_ticket.bug_key = keys.bug_key and second_ticket.n = 2
    left join nth_reporter as enough
        on enough.bug_key = keys.bug_key and enough.n = cast(policy.min_reporters as bigint)
    where keys.first_at >= history.started_at + to_days(cast(policy.new_key_warmup_days as integer))
)

select * from final
