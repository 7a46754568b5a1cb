-- Grain: one row an account and stretch of time over which its plan and ARR stay the same, from its first invoice on.
with

terms as (
    select records.account_key, terms.*
    from {{ ref('int_subscription_terms') }} as terms
    inner join {{ ref('int_account_records') }} as records on terms.billing_customer_id = records.record_id
),

ranks as (
    select source, plan, max(plan_rank) as plan_rank from {{ ref('int_subscriptions') }} group by source, plan
),

rates as (
    select currency, rate, valid_from, lead(valid_from) over (partition by currency order by valid_from) as valid_to
    from {{ ref('currency_rates') }}
),

edges as (
    select account_key, starts_at as moment from terms
    union
    select account_key, ends_at from terms
),

-- An end is known later than it comes, where a pull had to tell it.
endings as (
    select account_key, ends_at as moment, max(end_known_at) as known_at from terms group by account_key, ends_at
),

-- From here on nobody knows what it pays: what it had may have been renewed.
unread as (
    select account_key, min(ends_at) as since from terms where is_end_unknown group by account_key
),

spans as (
    select
        account_key, moment as valid_from,
        lead(moment) over (partition by account_key order by moment) as valid_to
    from edges
),

running as (
    select spans.account_key, spans.valid_from, terms.* exclude (account_key)
    from spans
    inner join terms
        on spans.account_key = terms.account_key
        and terms.starts_at <= spans.valid_from
        and terms.ends_at > spans.valid_from
),

by_currency as (
    select
        running.account_key, running.valid_from, running.currency, sum(running.a_year) as arr,
        sum(running.a_year) * any_value(rates.rate) as arr_usd
    from running
    left join rates
        on running.currency = rates.currency
        and running.valid_from >= rates.valid_from
        and running.valid_from < coalesce(rates.valid_to, timestamp '9999-01-01')
    group by running.account_key, running.valid_from, running.currency
),

amounts as (
    select
        account_key, valid_from,
        case when count(*) = 1 then max(currency) end as currency,
        case when count(*) = 1 then max(arr) end as arr,
        case when count(arr_usd) = count(*) then sum(arr_usd) end as arr_usd,
        bool_or(arr > 0) as is_paying
    from by_currency
    group by account_key, valid_from
),

-- The plan is the one that most of the ARR is for; in a trial, the newest.
by_plan as (
    select
        account_key, valid_from, source, plan,
        arg_max("interval", struct_pack(a_year := a_year, started := starts_at, name := "interval")) as "interval",
        sum(a_year) as arr, max(starts_at) as starts_at,
        arg_max(record_id, struct_pack(started := starts_at, id := record_id)) as record_id
    from running
    group by account_key, valid_from, source, plan
),

plans as (
    select *
    from by_plan
    qualify row_number() over (
        partition by account_key, valid_from order by arr desc, starts_at desc, plan, source, record_id
    ) = 1
),

told as (
    select
        account_key, valid_from,
        bool_and(is_trial) as is_trial,
        count(distinct subscription_id) as subscriptions,
        min(period_end_at) filter ("interval" = 'year' and not is_trial) as renews_at,
        max(known_at) filter (starts_at = valid_from) as known_at
    from running
    group by account_key, valid_from
),

joined as (
    select
        spans.account_key,
        spans.valid_from,
        spans.valid_to,
        plans.plan,
        ranks.plan_rank,
        plans."interval",
        case
            when unread.account_key is not null then null
            when told.account_key is null then 0
            else amounts.arr
        end as arr,
        case
            when told.account_key is not null then amounts.currency
            else lag(amounts.currency) over later
        end as currency,
        case
            when unread.account_key is not null then null
            when told.account_key is null then 0
            else amounts.arr_usd
        end as arr_usd,
        case when told.account_key is not null or unread.account_key is null then coalesce(told.is_trial, false) end
            as is_trial,
        case
            when unread.account_key is null or amounts.is_paying
                then not coalesce(amounts.is_paying, false) and coalesce(bool_or(amounts.is_paying) over later, false)
        end as has_churned,
        coalesce(told.subscriptions, 0) as subscriptions,
        told.renews_at,
        coalesce(plans.record_id, lag(plans.record_id) over later) as record_id,
        greatest(told.known_at, endings.known_at, spans.valid_from) as seen_at
    from spans
    left join told on spans.account_key = told.account_key and spans.valid_from = told.valid_from
    left join unread on spans.account_key = unread.account_key and unread.since <= spans.valid_from
    left join endings on spans.account_key = endings.account_key and spans.valid_from = endings.moment
    left join amounts on spans.account_key = amounts.account_key and spans.valid_from = amounts.valid_from
    left join plans on spans.account_key = plans.account_key and spans.valid_from = plans.valid_from
    left join ranks on plans.source = ranks.source and plans.plan = ranks.plan
    window later as (partition by spans.account_key order by spans.valid_from)
),

-- Known in this order too: nobody can know of a later stretch and not of the one before.
seen as (
    select *, max(seen_at) over (partition by account_key order by valid_from) as seen_from from joined
),

final as (
    select
        seen.account_key,
        seen.valid_from,
        seen.valid_to,
        seen.seen_from,
        lead(seen.seen_from) over (partition by seen.account_key order by seen.valid_from) as seen_to,
        seen.plan,
        seen.plan_rank,
        seen."interval",
        cast(seen.arr as decimal(18, 2)) as arr,
        seen.currency,
        cast(seen.arr_usd / reporting.rate as decimal(18, 2)) as arr_reporting,
        seen.is_trial,
        seen.has_churned and not seen.is_trial as has_churned,
        cast(seen.subscriptions as integer) as subscriptions,
        seen.renews_at,
        seen.record_id
    from seen
    left join rates as reporting
        on reporting.currency = '{{ var("reporting_currency") }}'
        and seen.valid_from >= reporting.valid_from
        and seen.valid_from < coalesce(reporting.valid_to, timestamp '9999-01-01')
)

select * from final
