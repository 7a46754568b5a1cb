-- Grain: account x rule x thread x moment at which a rule about billing became true or changed: C04 a failed payment (a
-- thread each invoice), C05 a downgrade. A payment that is open stands until it is settled. A look knows only what was
-- known at it.
with rules as (
    select * from {{ ref('churn_rules') }}
),

events as (
    select *, greatest(occurred_at, known_at) as seen_at
    from {{ ref('int_account_events') }}
    where account_key is not null
),

-- Each moment at which failed attempts became known, after days without a run several at once, with what was known of
-- their bill by then.
failures as (
    select
        account_key, coalesce(invoice_id, record_id) as thread, subscription_id, seen_at, amount, currency,
        min(occurred_at) over known as failed_at,
        max(occurred_at) over known as last_failed_at,
        list(record_id) over known as record_ids
    from events
    where kind = 'payment_failed'
    window known as (
        partition by account_key, coalesce(invoice_id, record_id) order by seen_at, occurred_at, event_id
        rows unbounded preceding
    )
    qualify row_number() over (
        partition by account_key, coalesce(invoice_id, record_id), seen_at order by occurred_at desc, event_id desc
    ) = 1
),

threads as (
    select
        account_key, thread, max(subscription_id) as subscription_id, min(seen_at) as seen_at,
        min(failed_at) as failed_at
    from failures
    group by account_key, thread
),

-- Paid, given up, taken back, or its subscription is over: nothing is open any more.
settled as (
    select
        threads.account_key, threads.thread,
        arg_min(
            struct_pack(happened := events.occurred_at, seen := greatest(events.seen_at, threads.seen_at), kind := events.kind),
            struct_pack(happened := events.occurred_at, event := events.event_id)
        ) as "end"
    from threads
    inner join events
        on events.account_key = threads.account_key
        and events.occurred_at >= threads.failed_at
        and (
            (
                events.invoice_id = threads.thread
                and events.kind in ('payment_recovered', 'invoice_paid', 'invoice_uncollectible', 'invoice_voided')
            )
            or (events.subscription_id = threads.subscription_id and events.kind = 'canceled')
        )
    group by threads.account_key, threads.thread
),

worded as (
    select
        failures.*,
        settled."end",
        'a payment' || coalesce(' of ' || {{ money_words('failures.amount', 'failures.currency') }}, '') || ' failed on '
        || {{ day_words('failures.failed_at') }} as what
    from failures
    left join settled on settled.account_key = failures.account_key and settled.thread = failures.thread
),

last_known as (
    select *
    from worded
    where seen_at <= "end".seen
    qualify row_number() over (partition by account_key, thread order by len(record_ids) desc) = 1
),

c04 as (
    select
        account_key, rules.id as rule_id, thread, seen_at as looked_at, failed_at as since,
        timestamp '9999-12-31' as stands_until, cast([] as varchar[]) as ticket_ids,
        list_sort(record_ids) as record_ids, what || ' and is open' as text
    from worded
    inner join rules on rules.id = 'C04'
    where "end" is null or seen_at < "end".seen
    union all
    select
        account_key, rules.id, thread, "end".seen, failed_at,
        greatest(last_failed_at + to_days(rules.window_days), "end".happened), [], list_sort(record_ids),
        what
        || case "end".kind
            when 'invoice_uncollectible' then ' and was given up on '
            when 'invoice_voided' then ' and was taken back on '
            when 'canceled' then ' and its subscription ended on '
            else ' and was made up for on '
        end
        || {{ day_words('"end".happened') }}
    from last_known
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
