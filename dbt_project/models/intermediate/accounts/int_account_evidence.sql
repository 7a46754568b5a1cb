-- Grain: one row a record, kind of evidence (id, domain, name) and value, by which it may be one account with another.
with

records as (select * from {{ ref('int_account_identities') }} where not is_alone),

public_domains as (select domain from {{ ref('public_mail_domains') }}),

-- Our own account ids, and the billing system's ids, which the CRM names.
ids as (
    select record_id, external_id as value, true as is_ours from records where external_id is not null
    union
    select record_id, {{ each('billing_ids') }}, false from records
    union
    select records.record_id, records.source_id, false
    from records
    where records.system = 'billing'
        and records.source_id in (select {{ each('billing_ids') }} from records where system = 'crm')
),

-- All ids that one CRM company has, with those merged into it, are one customer's: an id of ours stands for the others.
owned as (
    select coalesce(records.belongs_with, records.record_id) as owner, ids.value, ids.is_ours
    from ids
    inner join records on ids.record_id = records.record_id and records.system = 'crm'
),

owners as (
    select owner, coalesce(min(value) filter (is_ours), min(value)) as customer, bool_or(is_ours) as is_ours
    from owned
    group by owner
),

customers as (
    select
        owned.value,
        min(owners.customer) filter (owners.is_ours) as ours,
        min(owners.customer) as customer,
        count(distinct owners.customer) > 1 as is_shared
    from owned
    inner join owners on owned.owner = owners.owner
    group by owned.value
),

-- And so are the two that a billing customer has.
paired as (
    select records.source_id as value, min(coalesce(customers.ours, records.external_id)) as ours
    from records
    left join customers on records.external_id = customers.value
    where records.system = 'billing' and records.external_id is not null
    group by records.source_id
),

customer_of_ids as (
    select
        ids.record_id,
        ids.value,
        coalesce(customers.ours, paired.ours, customers.customer, ids.value) as customer,
        ids.is_ours or coalesce(customers.ours, paired.ours) is not null as is_ours,
        coalesce(customers.is_shared, false) as is_shared
    from ids
    left join customers on ids.value = customers.value
    left join paired on ids.value = paired.value and not ids.is_ours
),

unlisted as (
    select record_id, regexp_replace(lower(domain), '^www[.]', '') as domain
    from (select record_id, {{ each('domains') }} as domain from records) as listed
),

domains as (
    select distinct domains.record_id, domains.domain
    from unlisted as domains
    left join public_domains on domains.domain = public_domains.domain
    where public_domains.domain is null and domains.domain <> ''
),

-- Records with different ids of one kind have it: a holding's, an agency's, a reseller's.
shared as (
    select domains.domain
    from domains
    inner join customer_of_ids on domains.record_id = customer_of_ids.record_id
    group by domains.domain
    having count(distinct customer_of_ids.customer) filter (customer_of_ids.is_ours) > 1
        or count(distinct customer_of_ids.customer) filter (not customer_of_ids.is_ours) > 1
),

evidence as (
    select record_id, 'id' as kind, value, case when is_ours then customer end as customer, is_shared
    from customer_of_ids
    union all
    select
        domains.record_id, 'domain', domains.domain, cast(null as {{ dbt.type_string() }}), shared.domain is not null
    from domains
    left join shared on domains.domain = shared.domain
    union all
    select record_id, 'name', name_key, null, false from records where name_key is not null
),

final as (
    select evidence.*, records.system, records.place
    from evidence
    inner join records on evidence.record_id = records.record_id
)

select * from final
