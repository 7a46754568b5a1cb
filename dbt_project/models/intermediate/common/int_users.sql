-- Grain: one row a person of any helpdesk: customer or agent.
with

unioned as (
    select user_id, source, name, email, role, locale, organization_id, created_at
    from {{ ref('stg_zendesk__users') }}
    union all
    select user_id, source, name, email, role, locale, organization_id, created_at
    from {{ ref('stg_files__users') }}
),

final as (
    select
        user_id,
        source,
        name,
        email,
        case when role in ('agent', 'admin') then 'agent' else 'customer' end as role,
        locale,
        {{ prefixed('organization_id') }} as organization_id,
        created_at
    from unioned
)

select * from final
