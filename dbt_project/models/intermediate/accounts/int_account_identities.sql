-- Grain: one row a record that stands for a customer: an organization, a CRM company or a billing customer.
with

-- Organizations that only tickets name count too: every account of a ticket is an account.
named_by_tickets as (
    select tickets.organization_id, any_value(tickets.source) as source, min(tickets.created_at) as created_at
    from {{ ref('int_tickets') }} as tickets
    left join {{ ref('int_organizations') }} as organizations
        on tickets.organization_id = organizations.organization_id
    where tickets.organization_id is not null and organizations.organization_id is null
    group by tickets.organization_id
),

overrides as (select * from {{ ref('account_overrides') }}),

records as (
    select
        'crm' as system, crm_account_id as record_id, source, source_id, name, external_id, domains, billing_ids,
        merged_ids, is_archived, created_at, known_at
    from {{ ref('int_crm_accounts') }}
    union all
    select
        'helpdesk', organization_id, source, null, name, external_id, domains, [], [], false, created_at, created_at
    from {{ ref('int_organizations') }}
    union all
    select
        'helpdesk', organization_id, source, null, null, null, [], [], [], false, created_at, created_at
    from named_by_tickets
    union all
    select
        'billing', billing_customer_id, source, source_id, name, external_id,
        case when email_domain is null then [] else [email_domain] end, [], [], is_deleted, created_at, known_at
    from {{ ref('int_billing_customers') }}
),

-- What a person said: `belongs_with` holds the record of the system that is settled earlier, either way it was written.
placed as (
    select *, case system when 'crm' then 1 when 'helpdesk' then 2 else 3 end as place from records
),

said as (
    select
        case when other.place > record.place then other.record_id else record.record_id end as record_id,
        case when other.place > record.place then record.record_id else other.record_id end as belongs_with
    from overrides
    inner join placed as record on overrides.record_id = record.record_id
    left join placed as other on overrides.account_record_id = other.record_id
    where overrides.account_record_id is null or other.record_id is not null
),

forced as (
    select record_id, min(belongs_with) as belongs_with, 'override' as method from said group by record_id
),

merged as (
    select {{ each('merged_ids') }} as record_id, record_id as belongs_with, source, name, created_at
    from records
),

-- A company that was merged into another stays a record, even where the CRM no longer shows it.
vanished as (
    select merged.record_id, any_value(merged.belongs_with) as belongs_with, any_value(merged.source) as source
    from merged
    left join records on merged.record_id = records.record_id
    where records.record_id is null
    group by merged.record_id
),

every as (
    select * from placed
    union all
    select
        'crm', record_id, source, null, null, null, [], [], [], true,
        cast(null as timestamp), cast(null as timestamp), 1
    from vanished
),

merges as (select record_id, min(belongs_with) as belongs_with from merged group by record_id),

final as (
    select
        every.system,
        every.place,
        every.record_id,
        every.source,
        every.source_id,
        every.name,
        {{ name_key('every.name') }} as name_key,
        nullif(trim(every.external_id), '') as external_id,
        coalesce(every.domains, []) as domains,
        coalesce(every.billing_ids, []) as billing_ids,
        coalesce(forced.belongs_with, merges.belongs_with) as belongs_with,
        case
            when forced.record_id is not null then 'override'
            when merges.record_id is not null then 'merged'
        end as said_by,
        forced.record_id is not null and forced.belongs_with is null as is_alone,
        coalesce(every.is_archived, false) as is_archived,
        every.created_at,
        every.known_at
    from every
    left join forced on every.record_id = forced.record_id
    left join merges on every.record_id = merges.record_id
)

select * from final
