-- Grain: one row a record of a customer, in any system, with the account it belongs to.
with

records as (select * from {{ ref('int_account_identities') }}),

settled as (
    select * from {{ ref('int_account_roots_crm') }}
    union all
    select * from {{ ref('int_account_roots_helpdesk') }}
    union all
    select * from {{ ref('int_account_roots_billing') }}
),

methods as (select * from {{ ref('account_link_methods') }}),

rooted as (
    select
        records.*, settled.root, settled.method, settled.conflict, methods.confidence,
        -- the account is known by its oldest organization, else its oldest billing customer, else its CRM company
        first_value(records.record_id) over (
            partition by settled.root
            order by
                case records.system when 'helpdesk' then 1 when 'billing' then 2 else 3 end,
                case when records.system = 'crm' then records.record_id <> settled.root end,
                records.created_at nulls last,
                records.record_id
        ) as account_key
    from records
    inner join settled on records.record_id = settled.record_id
    left join methods on settled.method = methods.method
),

-- What the others joined stands by how surely the surest of them did.
joined as (
    select
        root,
        max(confidence) as confidence,
        max_by(method, struct_pack(confidence := confidence, name := method)) as method
    from rooted
    where record_id <> root and method <> 'merged'
    group by root
),

final as (
    select
        rooted.record_id,
        rooted.system,
        rooted.source,
        rooted.name,
        rooted.account_key,
        coalesce(rooted.method, joined.method, 'alone') as method,
        coalesce(rooted.confidence, joined.confidence) as confidence,
        rooted.conflict,
        rooted.root = rooted.record_id as is_root,
        rooted.is_archived,
        coalesce(rooted.said_by = 'merged', false) as is_merged,
        rooted.created_at,
        rooted.known_at
    from rooted
    left join joined on rooted.root = joined.root and rooted.record_id = rooted.root
)

select * from final
