-- Grain: one row a company in a CRM.
with

companies as (select * from {{ ref('stg_hubspot__companies') }}),

named_fields as (select * from {{ ref('int_hubspot_named_fields') }}),

deals as (select * from {{ ref('int_deals') }}),

field_values as (
    select
        companies.crm_account_id,
        named_fields.field,
        nullif({{ json_value('companies.properties', 'named_fields.property') }}, '') as value
    from companies
    inner join named_fields on companies.source = named_fields.source
),

fields as (
    select
        crm_account_id,
        max(case when field = 'external_id' then value end) as external_id,
        max(case when field = 'tier' then value end) as tier,
        max(case when field = 'segment' then value end) as segment,
        max(case when field = 'renewal_at' then {{ utc_time('value') }} end) as renewal_at
    from field_values
    group by crm_account_id
),

merged as (
    select distinct source, {{ each(tag_list('merged_ids')) }} as source_id
    from companies
),

renewals as (
    select crm_account_id, min(closes_at) as renewal_at
    from deals
    where kind = 'renewal' and not is_closed and not is_archived
    group by crm_account_id
),

final as (
    select
        companies.crm_account_id,
        companies.source,
        companies.source_id,
        nullif(companies.name, '') as name,
        list_sort(list_distinct(
            {{ tag_list("concat_ws(';', lower(companies.domain), lower(companies.additional_domains))") }}
        )) as domains,
        fields.external_id,
        {{ tag_list('companies.stripe_customer_ids') }} as billing_ids,
        fields.tier,
        fields.segment,
        nullif(companies.country, '') as country,
        {{ prefixed("nullif(companies.owner_id, '')", 'companies.source') }} as owner_id,
        nullif(companies.lifecycle_stage, '') as lifecycle_stage,
        coalesce(fields.renewal_at, renewals.renewal_at) as renewal_at,
        list_transform(
            {{ tag_list('companies.merged_ids') }}, lambda id: {{ prefixed('id', 'companies.source') }}
        ) as merged_ids,
        companies.is_archived or merged.source_id is not null as is_archived,
        companies.url,
        companies.created_at,
        companies.updated_at,
        {{ known_at('companies.created_at', 'companies') }} as known_at
    from companies
    left join fields on companies.crm_account_id = fields.crm_account_id
    left join merged on companies.source = merged.source and companies.source_id = merged.source_id
    left join renewals on companies.crm_account_id = renewals.crm_account_id
)

select * from final
