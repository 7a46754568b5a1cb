-- Grain: account x rule x thread x moment at which a rule about billing became true or changed: C04 a failed payment (a
-- thread each invoice), C05 a downgrade. A payment that is open stands until it is settled.
with rules as (
    select * from {{ ref('churn_rules') }}
),

events as (
    select *, greatest(occurred_at, known_at) as seen_at
    from {{ ref('int_account_events') }}
    where account_key is not null
),

failures as (
    select
        account_key, coalesce(invoice_id, record_id) as thread, min(seen_at) as seen_at, min(occurred_at) as failed_at,
        max(occurred_at) as last_failed_at, max(amount) as amount, max(currency) as currency,
        list(distinct record_id order by record_id) as record_ids
    from events
    where kind = 'payment_failed'
    group by all
),

settled as (
    select
        failures.account_key, failures.thread, min(events.occurred_at) as settled_at, min(events.seen_at) as seen_at,
        arg_min(events.kind, struct_pack(happened := events.occurred_at, kind := events.kind)) as kind
    from failures
    inner join events
        on events.account_key = failures.account_key
        and events.invoice_id = failures.thread
        and events.kind in ('payment_recovered', 'invoice_paid', 'invoice_uncollectible')
        and events.occurred_at >= failures.failed_at
    group by all
),

worded as (
    select
        *,
        'a payment' || coalesce(' of ' || {{ money_words('amount', 'currency') }}, '') || ' failed on '
        || {{ day_words('failed_at') }} as what
    from failures
),

c04 as (
    select
        account_key, rules.id as rule_id, thread, seen_at as looked_at, failed_at as since,
        timestamp '9999-12-31' as stands_until, cast([] as varchar[]) as ticket_ids, record_ids,
        what || ' and is open' as text
    from worded
    inner join rules on rules.id = 'C04'
    union all
    select
        worded.account_key, rules.id, worded.thread, greatest(worded.seen_at, settled.seen_at), worded.failed_at,
        worded.last_failed_at + to_days(rules.window_days), [], worded.record_ids,
        worded.what
        || case settled.kind when 'invoice_uncollectible' then ' and was given up on ' else ' and was made up for on ' end
        || {{ day_words('settled.settled_at') }}
    from worded
    inner join settled on settled.account_key = worded.account_key and settled.thread = worded.thread
    inner join rules on rules.id = 'C04'
),

c05 as (
    select
        events.account_key, rules.id as rule_id, events.event_id as thread, events.seen_at as looked_at,
        events.occurred_at as since, events.occurred_at + to_days(rules.window_days) as stands_until,
        cast([] as varchar[]) as ticket_ids, [events.record_id] as record_ids,
        'went' || coalesce(' from ' || events.plan_before, '') || coalesce(' to ' || events.plan_after, ' to a cheaper plan')
        || ' on ' || {{ day_words('events.occurred_at') }} as text
    from events
    inner join rules on rules.id = 'C05'
    where events.kind = 'downgraded'
),

final as (
    select * from c04
    union all
    select * from c05
)

select * from final
