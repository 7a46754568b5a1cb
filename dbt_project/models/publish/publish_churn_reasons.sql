-- Grain: finding_key of kind churn, at the newest moment. Why an account is at risk, and what is known of it: its rules with
-- their tickets and records, the account, and what is unknown. `reasons_hash` changes with the rules and their evidence,
-- `rules_hash` only when a rule fires anew or stands no more: a ticket more edits a message and makes no reply.
with now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

signals as (
    select signals.* from {{ ref('fct_churn_signals') }} as signals inner join now on now.as_of = signals.as_of
),

links as (
    select ticket_id, url from {{ ref('int_ticket_facts') }}
),

tickets as (
    select
        signals.finding_key, signals.rule_id,
        list(struct_pack(ticket_id := signals.ticket_id, url := links.url) order by signals.ticket_id) as tickets
    from (select finding_key, rule_id, {{ each('ticket_ids') }} as ticket_id from signals) as signals
    inner join links on links.ticket_id = signals.ticket_id
    group by all
),

reasons as (
    select
        signals.finding_key,
        any_value(signals.account_key) as account_key,
        list(struct_pack(
            rule := signals.rule_id, name := signals.rule_name, text := signals.text, weight := signals.weight,
            fired_at := signals.fired_at, tickets := coalesce(tickets.tickets, []), records := signals.record_ids
        ) order by signals.weight desc, signals.rule_id) as reasons,
        md5(string_agg(concat_ws(
            '|', signals.rule_id, signals.text, array_to_string(signals.ticket_ids, ','),
            array_to_string(signals.record_ids, ',')
        ), ';' order by signals.rule_id)) as reasons_hash,
        md5(string_agg(signals.rule_id || cast(signals.fired_at as varchar), ';' order by signals.rule_id)) as rules_hash
    from signals
    left join tickets on tickets.finding_key = signals.finding_key and tickets.rule_id = signals.rule_id
    group by signals.finding_key
),

facts as (
    select facts.* from {{ ref('int_account_facts_at') }} as facts inner join now on now.as_of = facts.as_of
),

owners as (
    select owner_id, email from {{ ref('int_owners') }}
),

systems as (
    select
        case type when 'hubspot' then 'CRM' when 'stripe' then 'Billing' end as system, source, is_late, is_bad, reason,
        cast(floor(epoch(now.as_of - last_ok_at) / 3600) as integer) as hours
    from {{ source('control', 'sources') }}
    cross join now
    where type in ('hubspot', 'stripe')
),

-- What is unknown, or known from an older time, whatever the account.
gaps as (
    select
        case
            when is_bad then system || ' (' || source || ') cannot be relied on: ' || coalesce(reason, 'its last batch is bad')
            else system || ' (' || source || ') was last read '
                || coalesce({{ counted('hours', 'hour') }} || ' ago', 'never to its end')
        end || '.' as gap
    from systems
    where is_bad or is_late
    union all
    select 'No billing is connected: ARR, plan and payments are unknown.'
    where not exists (select 1 from systems where system = 'Billing')
    union all
    select 'No CRM is connected: owner, tier and renewal are unknown.'
    where not exists (select 1 from systems where system = 'CRM')
),

general as (
    select coalesce(list(gap order by gap), []) as gaps from gaps
),

final as (
    select
        reasons.finding_key,
        reasons.account_key,
        reasons.reasons,
        reasons.reasons_hash,
        reasons.rules_hash,
        facts.owner_name,
        owners.email as owner_email,
        struct_pack(
            account_key := reasons.account_key, name := facts.name, arr := facts.arr, currency := facts.currency,
            arr_reporting := facts.arr_reporting,
            reporting_currency := '{{ var("reporting_currency") }}', plan := facts.plan, tier := facts.tier,
            segment := facts.segment, owner_name := facts.owner_name,
            renewal_at := facts.renewal_at, days_to_renewal := facts.days_to_renewal, is_trial := facts.is_trial,
            has_churned := facts.has_churned
        ) as account,
        list_concat(general.gaps, list_filter([
            case
                when exists (select 1 from systems where system = 'Billing') and not coalesce(facts.is_known_to_billing, false)
                    then 'Billing does not know this account.'
            end,
            case
                when exists (select 1 from systems where system = 'CRM') and not coalesce(facts.is_known_to_crm, false)
                    then 'The CRM does not know this account.'
            end
        ], lambda gap: gap is not null)) as unknown
    from reasons
    cross join general
    left join facts on facts.account_key = reasons.account_key
    left join owners on owners.owner_id = facts.owner_id
)

select * from final
