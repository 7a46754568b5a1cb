-- Grain: one row a customer organization.
with

final as (
    select organization_id, source, name, domains, tier, external_id, created_at
    from {{ ref('stg_zendesk__organizations') }}
    union all
    select organization_id, source, name, domains, tier, cast(null as {{ dbt.type_string() }}) as external_id, created_at
    from {{ ref('stg_files__organizations') }}
)

select * from final
