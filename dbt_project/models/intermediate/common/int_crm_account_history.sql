-- Grain: one row a value that a field of a company in a CRM took, in the order of time.
with

companies as (select * from {{ ref('stg_hubspot__companies') }}),

changes as (
    select * from {{ ref('stg_hubspot__property_changes') }}
    where object_type = 'companies' and changed_at is not null
),

named_fields as (
    select * from {{ ref('int_hubspot_named_fields') }}
    where field in ('tier', 'segment', 'owner_id', 'lifecycle_stage')
),

renewals as (select * from {{ ref('int_crm_renewals') }}),

told as (
    select
        changes.object_id as crm_account_id,
        changes.source,
        named_fields.field,
        changes.value,
        changes.changed_at as valid_from,
        {{ known_at('changes.changed_at', 'changes') }} as known_at
    from changes
    inner join named_fields on changes.source = named_fields.source and changes.property = named_fields.property
),

-- A value without a past, where no history came along: it holds from the last change of the record at the latest.
untold as (
    select
        companies.crm_account_id,
        companies.source,
        named_fields.field,
        nullif({{ json_value('companies.properties', 'named_fields.property') }}, '') as value,
        companies.updated_at as valid_from,
        {{ known_at('companies.updated_at', 'companies') }} as known_at
    from companies
    inner join named_fields on companies.source = named_fields.source
    where companies.crm_account_id || ' ' || named_fields.field not in (
        select told.crm_account_id || ' ' || told.field from told
    )
),

unioned as (
    select crm_account_id, source, field, value, valid_from, known_at from told
    union all
    select crm_account_id, source, field, value, valid_from, known_at from untold where value is not null
    union all
    select crm_account_id, source, 'renewal_at', cast(renewal_at as {{ dbt.type_string() }}), valid_from, known_at
    from renewals
),

-- Of values that were set in the same moment the last one to be known holds.
single as (
    select *
    from unioned
    qualify row_number() over (
        partition by crm_account_id, field, valid_from order by known_at desc, value desc nulls last
    ) = 1
),

compared as (
    select
        *,
        lag(value) over (partition by crm_account_id, field order by valid_from) as value_before
    from single
),

final as (
    select
        crm_account_id,
        source,
        field,
        case when field = 'owner_id' then {{ prefixed('value') }} else value end as value,
        valid_from,
        known_at
    from compared
    where value is distinct from value_before
)

select * from final
