-- Grain: one row an account, as it is known at the last judged moment.
with

facts as (
    select *
    from {{ ref('int_account_facts_at') }}
    where as_of = (select max(as_of) from {{ source('control', 'as_of') }})
),

records as (select * from {{ ref('int_account_records') }} where not is_merged),

companies as (
    select
        records.account_key,
        arg_max(
            companies.country, struct_pack(created := companies.created_at, id := companies.crm_account_id)
        ) as country,
        arg_min(companies.url, struct_pack(
            gone := companies.is_archived, other := not records.is_root, id := companies.crm_account_id
        )) as url
    from records
    inner join {{ ref('int_crm_accounts') }} as companies on records.record_id = companies.crm_account_id
    group by records.account_key
),

customers as (
    select records.account_key, arg_max(
        customers.country, struct_pack(created := customers.created_at, id := customers.billing_customer_id)
    ) as country
    from records
    inner join {{ ref('int_billing_customers') }} as customers on records.record_id = customers.billing_customer_id
    group by records.account_key
),

organizations as (
    select records.account_key, max(organizations.tier) as tier
    from records
    inner join {{ ref('int_organizations') }} as organizations on records.record_id = organizations.organization_id
    group by records.account_key
),

counts as (
    select
        account_key,
        count(*) filter (system = 'helpdesk') as organizations,
        count(*) filter (system = 'billing') as billing_customers,
        count(*) filter (system = 'crm') as crm_accounts
    from records
    group by account_key
),

domains as (
    select records.account_key, list_sort(list_distinct(list(evidence.value))) as domains
    from {{ ref('int_account_evidence') }} as evidence
    inner join records on evidence.record_id = records.record_id
    where evidence.kind = 'domain'
    group by records.account_key
),

tickets as (
    select account_key, count(*) as tickets, max(created_at) as last_ticket_at
    from {{ ref('int_ticket_facts') }}
    where account_key is not null
    group by account_key
),

final as (
    select
        facts.account_key,
        facts.name,
        -- of today, the helpdesk's word is good where the CRM has none
        coalesce(facts.tier, organizations.tier) as tier,
        facts.segment,
        coalesce(companies.country, customers.country) as country,
        facts.plan,
        facts.arr,
        facts.currency,
        facts.arr_reporting,
        '{{ var("reporting_currency") }}' as reporting_currency,
        facts.owner_name,
        facts.owner_email,
        facts.is_trial,
        facts.is_past_due,
        facts.has_churned,
        facts.customer_since,
        facts.renewal_at,
        coalesce(domains.domains, []) as domains,
        counts.organizations,
        counts.billing_customers,
        counts.crm_accounts,
        coalesce(tickets.tickets, 0) as tickets,
        tickets.last_ticket_at,
        companies.url
    from facts
    inner join counts on facts.account_key = counts.account_key
    left join companies on facts.account_key = companies.account_key
    left join customers on facts.account_key = customers.account_key
    left join organizations on facts.account_key = organizations.account_key
    left join domains on facts.account_key = domains.account_key
    left join tickets on facts.account_key = tickets.account_key
)

select * from final
