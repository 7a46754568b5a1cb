-- Grain: as_of x account x rule. The churn rules that stand for an account at a moment, with their evidence; where none
-- stands any more, those that stood last. Only customers are judged, as far as billing knows, and one that has left as it
-- was when it left.
with rules as (
    select * from {{ ref('churn_rules') }}
),

looks as (
    select * from {{ ref('int_churn_sentiment_looks') }}
    union all
    select * from {{ ref('int_churn_ticket_looks') }}
    union all
    select * from {{ ref('int_churn_billing_looks') }}
),

-- A look while an earlier one still stands goes on with it; else the rule has fired anew.
started as (
    select
        *,
        coalesce(
            looked_at > max(stands_until) over (
                partition by account_key, rule_id, thread order by looked_at, stands_until
                rows between unbounded preceding and 1 preceding
            ), true
        ) as is_start
    from looks
),

fired as (
    select
        * exclude (is_start),
        max(case when is_start then looked_at end) over (
            partition by account_key, rule_id, thread order by looked_at, stands_until rows unbounded preceding
        ) as fired_at
    from started
),

leavers as (
    select moments.as_of, events.account_key, max(events.occurred_at) as left_at
    from {{ ref('int_account_events') }} as events
    inner join {{ source('control', 'as_of') }} as moments on greatest(events.occurred_at, events.known_at) <= moments.as_of
    where events.kind = 'canceled'
    group by all
),

facts as (
    select
        facts.as_of, facts.account_key,
        coalesce(facts.has_churned, false) as has_churned,
        case when facts.has_churned then leavers.left_at end as left_at,
        -- whose trial lapsed has no plan and pays nothing, and left nothing either
        not coalesce(facts.is_known_to_billing, false)
        or (
            coalesce(facts.customer_since <= facts.as_of and not coalesce(facts.is_trial, false), false)
            and not coalesce(facts.plan is null and facts.arr = 0 and not facts.has_churned, false)
        ) as is_customer
    from {{ ref('int_account_facts_at') }} as facts
    left join leavers on leavers.as_of = facts.as_of and leavers.account_key = facts.account_key
),

seen as (
    select
        moments.as_of, fired.account_key, fired.rule_id, fired.thread, fired.fired_at, fired.looked_at, fired.since,
        fired.stands_until, fired.ticket_ids, fired.record_ids, fired.text
    from fired
    cross join {{ ref('int_detection_policy') }} as policy
    inner join {{ source('control', 'as_of') }} as moments
        on fired.looked_at <= moments.as_of
        and fired.stands_until > moments.as_of - to_days(cast(policy.history_days as integer))
    union all
    select
        as_of, account_key, rule_id, thread, fired_at, looked_at, since, stands_until, ticket_ids, record_ids, text
    from {{ ref('int_churn_renewals') }}
),

newest as (
    select
        seen.*,
        coalesce(facts.has_churned, false) as has_churned,
        facts.left_at,
        least(seen.as_of, coalesce(facts.left_at, seen.as_of)) as moment
    from seen
    left join facts on facts.as_of = seen.as_of and facts.account_key = seen.account_key
    where coalesce(facts.is_customer, true) and seen.looked_at <= coalesce(facts.left_at, seen.as_of)
    qualify row_number() over (
        partition by seen.as_of, seen.account_key, seen.rule_id, seen.thread
        order by seen.looked_at desc, len(seen.ticket_ids) desc, seen.stands_until
    ) = 1
),

standing as (
    select *
    from newest
    qualify stands_until >= least(moment, max(stands_until) over (partition by as_of, account_key))
),

final as (
    select
        standing.as_of,
        standing.account_key,
        standing.rule_id,
        rules.name as rule_name,
        cast(rules.weight as double) as weight,
        max(standing.fired_at) as fired_at,
        max(standing.looked_at) as last_at,
        min(standing.since) as since,
        max(standing.stands_until) as stands_until,
        not bool_or(standing.has_churned) and max(standing.stands_until) >= standing.as_of as is_firing,
        bool_or(standing.has_churned) as has_left,
        max(standing.left_at) as left_at,
        list_sort(list_distinct(flatten(list(standing.ticket_ids)))) as ticket_ids,
        list_sort(list_distinct(flatten(list(standing.record_ids)))) as record_ids,
        arg_max(standing.text, struct_pack(last := standing.looked_at, thread := standing.thread))
        || case when count(*) > 1 then ', and ' || (count(*) - 1) || ' more' else '' end as text
    from standing
    inner join rules on rules.id = standing.rule_id
    group by standing.as_of, standing.account_key, standing.rule_id, rules.name, rules.weight
)

select * from final
