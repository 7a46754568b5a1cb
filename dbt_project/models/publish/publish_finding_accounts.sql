-- Grain: finding_key, at the newest moment, of findings with an account. What a report says about the accounts: a table
-- of the first ten, and the customers whose need the tracker is to know, each in its clearest words.
with now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

accounts as (
    select accounts.* exclude (as_of)
    from {{ ref('fct_finding_accounts') }} as accounts
    inner join now on now.as_of = accounts.as_of
),

-- A tracker finds its customers by mail domain: only one that a single account has names it. Public ones are no evidence.
own_domains as (
    select account_key, list(domain order by domain) as domains
    from (
        select any_value(records.account_key) as account_key, evidence.value as domain
        from {{ ref('int_account_evidence') }} as evidence
        inner join {{ ref('int_account_records') }} as records on records.record_id = evidence.record_id
        where evidence.kind = 'domain'
        group by evidence.value
        having not bool_or(evidence.is_shared) and count(distinct records.account_key) = 1
    ) as own
    group by account_key
),

clearest as (
    select evidence.finding_key, facts.account_key, evidence.ticket_id, evidence.url, evidence.quote, evidence.created_at
    from {{ ref('fct_finding_evidence') }} as evidence
    inner join now on now.as_of = evidence.as_of
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = evidence.ticket_id
    where facts.account_key is not null
    qualify row_number() over (
        partition by evidence.finding_key, facts.account_key
        order by evidence.quote is null, evidence.strength desc, length(evidence.quote) desc, evidence.ticket_id
    ) = 1
),

ranked as (
    select
        accounts.*,
        coalesce(own_domains.domains, []) as domains,
        clearest.ticket_id, clearest.url, clearest.quote, clearest.created_at,
        important.tier is not null as is_important,
        row_number() over (
            partition by accounts.finding_key
            order by accounts.arr_reporting desc nulls last, accounts.tickets desc, accounts.account_key
        ) as place
    from accounts
    left join own_domains on own_domains.account_key = accounts.account_key
    left join clearest
        on clearest.finding_key = accounts.finding_key and clearest.account_key = accounts.account_key
    left join {{ ref('important_tiers') }} as important on important.tier = lower(accounts.tier)
),

final as (
    select
        ranked.finding_key,
        coalesce(list(struct_pack(
            account_key := account_key, name := name, domains := domains, tier := tier, segment := segment,
            plan := plan, arr := arr, currency := currency, arr_reporting := arr_reporting, tickets := tickets,
            owner := owner_name
        ) order by place) filter (where place <= 10), []) as accounts_table,
        coalesce(list(struct_pack(
            account_key := account_key,
            name := coalesce(name, domains[1], account_key),
            domains := domains,
            tier := tier,
            -- the tracker counts in dollars
            revenue := {% if var('reporting_currency') == 'usd' %}cast(round(arr_reporting) as integer)
                {%- else %}cast(null as integer){% endif %},
            is_important := is_important,
            ticket_id := ticket_id, url := url, quote := quote, "at" := created_at
        ) order by place) filter (where place <= policy.max_customers_per_issue), []) as customers
    from ranked
    cross join policy
    group by ranked.finding_key
)

select * from final
