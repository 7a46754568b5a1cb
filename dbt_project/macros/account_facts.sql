{#
What was so of accounts at moments. `moments` is a relation (account_key, moment); the answer has one row for each of
its different rows. `clock` says which moments count: 'valid', when a thing was so, or 'seen', when it was known too.
Unknown is null: of billing before the account's first billing record, of the CRM before its first company there.
#}
{% macro account_facts(moments, clock) %}
{%- set within = clock ~ '_from <= asked.moment and asked.moment < coalesce(' -%}
{%- set seen = '_seen' if clock == 'seen' else '' %}
{%- set forever = "timestamp '9999-01-01')" -%}
with

asked as (select distinct account_key, moment from {{ moments }}),

accounts as (
    select
        account_key,
        {%- for system in ('crm', 'billing') %}
        min(case when system = '{{ system }}' then {{ 'created_at' if clock == 'valid' else 'greatest(created_at, known_at)' }} end)
            as {{ system }}_from,
        {%- endfor %}
        coalesce(
            arg_min(name, is_archived) filter (system = 'crm' and is_root),
            max(name) filter (is_root),
            max(name) filter (record_id = account_key),
            max(name)
        ) as name
    from {{ ref('int_account_records') }}
    group by account_key
),

plans as (select * from {{ ref('int_account_plans') }}),

starts as (
    select account_key, min(valid_from) as customer_since, min({{ clock }}_from) as known_from from plans group by account_key
),

fields as (
    select
        asked.account_key,
        asked.moment,
        {%- for field in ('tier', 'segment', 'owner_id', 'renewal_at') %}
        max(fields.value) filter (fields.field = '{{ field }}') as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from asked
    inner join {{ ref('int_account_fields') }} as fields
        on asked.account_key = fields.account_key
        and fields.{{ within }}fields.{{ clock }}_to, {{ forever }}
    group by asked.account_key, asked.moment
),

dues as (
    select
        asked.account_key,
        asked.moment,
        true as is_past_due,
        bool_or(coalesce(dues.failed{{ seen }}_at <= asked.moment, false)) as has_open_failed_payment
    from asked
    inner join {{ ref('int_account_dues') }} as dues
        on asked.account_key = dues.account_key
        and dues.past_due{{ seen }}_at <= asked.moment
        and asked.moment < coalesce(dues.settled{{ seen }}_at, {{ forever }}
    group by asked.account_key, asked.moment
),

downgrades as (
    select asked.account_key, asked.moment, max(events.occurred_at) as downgraded_at
    from asked
    inner join {{ ref('int_account_events') }} as events
        on asked.account_key = events.account_key
        and events.kind = 'downgraded'
        and events.occurred_at > asked.moment - interval '60' day
        and {{ 'events.occurred_at' if clock == 'valid' else 'greatest(events.occurred_at, events.known_at)' }} <= asked.moment
    group by asked.account_key, asked.moment
),

owners as (select * from {{ ref('int_owners') }}),

joined as (
    select
        asked.account_key,
        asked.moment,
        accounts.name,
        fields.tier,
        fields.segment,
        plans.plan,
        plans.plan_rank,
        plans.interval,
        plans.arr,
        plans.currency,
        plans.arr_reporting,
        fields.owner_id,
        owners.name as owner_name,
        owners.email as owner_email,
        plans.is_trial,
        plans.has_churned,
        coalesce(accounts.billing_from <= asked.moment, false) as is_known_to_billing,
        coalesce(accounts.crm_from <= asked.moment, false) as is_known_to_crm,
        coalesce(dues.is_past_due, false) as is_past_due,
        coalesce(dues.has_open_failed_payment, false) as has_open_failed_payment,
        downgrades.downgraded_at,
        -- what the CRM says, unless that day is over; else the end of the year that is paid for
        coalesce(
            case when {{ utc_time('fields.renewal_at') }} >= {{ dbt.date_trunc('day', 'asked.moment') }}
                then {{ utc_time('fields.renewal_at') }} end,
            case when plans.renews_at >= asked.moment then plans.renews_at end
        ) as renewal_at,
        case when starts.known_from <= asked.moment then starts.customer_since end as customer_since
    from asked
    inner join accounts on asked.account_key = accounts.account_key
    left join plans
        on asked.account_key = plans.account_key
        and plans.{{ within }}plans.{{ clock }}_to, {{ forever }}
    left join starts on asked.account_key = starts.account_key
    left join fields on asked.account_key = fields.account_key and asked.moment = fields.moment
    left join owners on fields.owner_id = owners.owner_id
    left join dues on asked.account_key = dues.account_key and asked.moment = dues.moment
    left join downgrades on asked.account_key = downgrades.account_key and asked.moment = downgrades.moment
),

final as (
    select
        * replace (
            case when is_known_to_billing then is_past_due end as is_past_due,
            case when is_known_to_billing then has_open_failed_payment end as has_open_failed_payment
        ),
        case when is_known_to_billing then downgraded_at is not null end as has_downgraded,
        date_diff('day', moment, renewal_at) as days_to_renewal,
        date_diff('day', customer_since, moment) as tenure_days
    from joined
)

select * from final
{% endmacro %}
