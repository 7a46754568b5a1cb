-- Grain: account x rule x thread x moment at which a rule about tickets became or stayed true: C02 silence then tickets,
-- C03 churn language, C07 the same issue again. `thread` keeps apart what runs side by side. A look knows only what was
-- known at it, and stands until `stands_until`.
with rules as (
    select * from {{ ref('churn_rules') }}
),

messages as (
    select * from {{ ref('int_churn_messages') }}
),

tickets as (
    select
        ticket_id, account_key, created_at, greatest(created_at, known_at) as seen_at
    from {{ ref('int_ticket_facts') }}
    where account_key is not null
),

-- Before its first ticket we know nothing of an account unless a record of it is older, nor of the time before the history.
known_accounts as (
    select
        records.account_key,
        greatest(min(records.created_at), (select min(created_at) from {{ ref('int_ticket_facts') }})) as since
    from {{ ref('int_account_records') }} as records
    group by records.account_key
),

breaks as (
    select tickets.account_key, tickets.created_at as began_at, coalesce(tickets.previous_at, known_accounts.since) as quiet_from
    from (
        select *, lag(created_at) over (partition by account_key order by created_at, ticket_id) as previous_at
        from tickets
    ) as tickets
    left join known_accounts on known_accounts.account_key = tickets.account_key
),

returns as (
    select
        breaks.account_key, breaks.began_at, breaks.quiet_from, tickets.ticket_id, tickets.seen_at as looked_at,
        row_number() over spell as place,
        list(tickets.ticket_id) over spell as ticket_ids
    from breaks
    inner join rules on rules.id = 'C02'
    inner join tickets
        on tickets.account_key = breaks.account_key
        and tickets.created_at >= breaks.began_at
        and tickets.created_at <= breaks.began_at + to_days(rules.window_days)
    where breaks.quiet_from <= breaks.began_at - to_days(rules.quiet_days)
    window spell as (partition by breaks.account_key, breaks.began_at order by tickets.seen_at, tickets.ticket_id)
),

c02 as (
    select
        returns.account_key, rules.id as rule_id, cast(returns.began_at as varchar) as thread, returns.looked_at,
        returns.began_at as since, returns.looked_at + to_days(rules.stays_days) as stands_until, returns.ticket_ids,
        cast([] as varchar[]) as record_ids,
        'nothing for ' || {{ days_between('returns.quiet_from', 'returns.began_at') }} || ' days, then '
        || returns.place || ' tickets since ' || {{ day_words('returns.began_at') }} as text
    from returns
    inner join rules on rules.id = 'C02'
    where returns.place >= rules.min_count
),

c03 as (
    select
        looks.account_key, rules.id as rule_id, '' as thread, looks.seen_at as looked_at, min(said.sent_at) as since,
        looks.seen_at + to_days(rules.stays_days) as stands_until,
        list(distinct said.ticket_id order by said.ticket_id) as ticket_ids, cast([] as varchar[]) as record_ids,
        {{ counted('count(*)', 'message') }} || ' since ' || {{ day_words('min(said.sent_at)') }} || ', the newest says "'
        || arg_max(said.churn_span, struct_pack(sent := said.sent_at, id := said.message_id)) || '"' as text
    from (select distinct account_key, seen_at from messages where churn_kind is not null) as looks
    inner join rules on rules.id = 'C03'
    inner join messages as said
        on said.account_key = looks.account_key
        and said.churn_kind is not null
        and said.seen_at <= looks.seen_at
        and said.sent_at > looks.seen_at - to_days(rules.window_days)
    group by looks.account_key, looks.seen_at, rules.id, rules.stays_days, rules.min_count
    having count(*) >= rules.min_count
),

solved as (
    select ticket_id, occurred_at from {{ ref('int_ticket_turns') }} where turn = 'solved'
),

-- When the earlier ticket was last solved before it came again.
repeats as (
    select alike.*, solved.occurred_at as solved_at
    from {{ ref('int_churn_alike_tickets') }} as alike
    inner join rules on rules.id = 'C07'
    inner join solved
        on solved.ticket_id = alike.earlier_id
        and solved.occurred_at <= alike.again_at
        and solved.occurred_at > alike.again_at - to_days(rules.window_days)
    qualify row_number() over (partition by alike.ticket_id, alike.earlier_id order by solved.occurred_at desc) = 1
),

c07 as (
    select
        repeats.account_key, rules.id as rule_id, repeats.ticket_id as thread, repeats.seen_at as looked_at,
        min(repeats.created_at) as since, repeats.seen_at + to_days(rules.stays_days) as stands_until,
        list_append(list(repeats.earlier_id order by repeats.created_at, repeats.earlier_id), repeats.ticket_id)
            as ticket_ids,
        cast([] as varchar[]) as record_ids,
        'again ' || {{ counted('greatest(1, ' ~ days_between('max(repeats.solved_at)', 'any_value(repeats.again_at)') ~ ')', 'day') }}
        || ' after it was solved: ' || arg_max(
            repeats.subject, struct_pack(solved := repeats.solved_at, created := repeats.created_at, id := repeats.earlier_id)
        ) as text
    from repeats
    inner join rules on rules.id = 'C07'
    group by repeats.account_key, repeats.ticket_id, repeats.seen_at, rules.id, rules.stays_days, rules.min_count
    having count(*) + 1 >= rules.min_count
),

final as (
    select * from c02
    union all
    select * from c03
    union all
    select * from c07
)

select * from final
