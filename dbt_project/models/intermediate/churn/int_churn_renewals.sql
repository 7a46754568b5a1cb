-- Grain: as_of x account for which rule C06 holds, or held a moment ago: its contract renews soon while tickets are not
-- solved in which the customer showed frustration. Renewal dates move, so this is judged at each moment anew.
with rule as (
    select * from {{ ref('churn_rules') }} where id = 'C06'
),

renewing as (
    select facts.as_of, facts.account_key, facts.renewal_at
    from {{ ref('int_account_facts_at') }} as facts
    cross join rule
    where facts.renewal_at > facts.as_of and facts.renewal_at <= facts.as_of + to_days(rule.window_days)
),

frustrated as (
    select
        messages.account_key, messages.ticket_id, messages.seen_at, messages.sent_at, messages.sentiment
    from {{ ref('int_churn_messages') }} as messages
    cross join rule
    where messages.sentiment <= rule.threshold or messages.has_frustration_marker
),

turns as (
    select ticket_id, occurred_at, turn from {{ ref('int_ticket_turns') }}
),

tickets as (
    select
        renewing.as_of, renewing.account_key, renewing.renewal_at, frustrated.ticket_id,
        min(frustrated.seen_at) as seen_at, max(frustrated.seen_at) as newest_at, min(frustrated.sentiment) as sentiment
    from renewing
    cross join rule
    inner join frustrated
        on frustrated.account_key = renewing.account_key
        and frustrated.seen_at <= renewing.as_of
        and frustrated.sent_at > renewing.as_of - to_days(rule.window_days)
    group by all
),

last_turns as (
    select tickets.as_of, tickets.ticket_id, turns.turn, turns.occurred_at
    from tickets
    inner join turns on turns.ticket_id = tickets.ticket_id and turns.occurred_at <= tickets.as_of
    qualify row_number() over (
        partition by tickets.as_of, tickets.ticket_id order by turns.occurred_at desc, turns.turn
    ) = 1
),

standing as (
    select
        tickets.*,
        case when last_turns.turn = 'solved' then last_turns.occurred_at + to_days(rule.stays_days) else tickets.renewal_at end
            as stands_until,
        last_turns.turn is distinct from 'solved' as is_unsolved
    from tickets
    cross join rule
    left join last_turns on last_turns.as_of = tickets.as_of and last_turns.ticket_id = tickets.ticket_id
),

-- Those that stand, else those that stood last.
newest as (
    select * from standing
    qualify stands_until >= least(as_of, max(stands_until) over (partition by as_of, account_key))
),

final as (
    select
        newest.as_of, newest.account_key, rule.id as rule_id, '' as thread,
        greatest(newest.renewal_at - to_days(rule.window_days), min(newest.seen_at)) as fired_at,
        greatest(newest.renewal_at - to_days(rule.window_days), max(newest.newest_at)) as looked_at,
        min(newest.seen_at) as since,
        max(newest.stands_until) as stands_until,
        list(newest.ticket_id order by newest.ticket_id) as ticket_ids, cast([] as varchar[]) as record_ids,
        'renews on ' || {{ day_words('newest.renewal_at') }} || ', with '
        || {{ counted('count(*)', 'frustrated ticket') }}
        || case when bool_or(newest.is_unsolved) then ' not solved' else ' solved a few days ago' end
        || coalesce(', sentiment down to ' || {{ sentiment_words('min(newest.sentiment)') }}, '') as text
    from newest
    cross join rule
    group by newest.as_of, newest.account_key, newest.renewal_at, rule.id, rule.window_days, rule.min_count
    having count(*) >= rule.min_count
)

select * from final
