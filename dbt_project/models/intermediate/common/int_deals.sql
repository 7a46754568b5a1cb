-- Grain: one row a deal in a CRM: a sale, a renewal, or what an account calls one.
with

deals as (select * from {{ ref('stg_hubspot__deals') }}),

changes as (select * from {{ ref('stg_hubspot__property_changes') }} where object_type = 'deals'),

companies_of as (select * from {{ ref('int_crm_companies_of') }} where from_type = 'deals'),

merged as (
    select distinct source, {{ each(tag_list('merged_ids')) }} as source_id
    from deals
),

moves as (
    select object_id as deal_id, max(changed_at) as moved_at
    from changes
    where property = 'dealstage'
    group by object_id
),

judged as (
    select *, coalesce(is_closed, stage in ('closedwon', 'closedlost'), false) as is_done
    from deals
),

final as (
    select
        judged.deal_id,
        judged.source,
        companies_of.crm_account_id,
        nullif(judged.name, '') as name,
        case
            when lower(judged.deal_type) like '%renew%' then 'renewal'
            when lower(judged.deal_type) = 'newbusiness' then 'new'
            when lower(judged.name) like '%renewal%' then 'renewal'
            when lower(judged.deal_type) = 'existingbusiness' then 'expansion'
            else nullif(lower(judged.deal_type), '')
        end as kind,
        judged.stage,
        judged.is_done as is_closed,
        judged.is_done and coalesce(judged.is_won, judged.stage = 'closedwon') as is_won,
        judged.amount,
        nullif(lower(judged.currency), '') as currency,
        judged.closes_at,
        case when judged.is_done then coalesce(moves.moved_at, judged.closes_at, judged.updated_at) end as closed_at,
        {{ prefixed("nullif(judged.owner_id, '')", 'judged.source') }} as owner_id,
        judged.created_at,
        judged.updated_at,
        {{ known_at('judged.created_at', 'judged') }} as known_at,
        judged.is_archived or merged.source_id is not null as is_archived,
        judged.url
    from judged
    left join companies_of on judged.deal_id = companies_of.from_id
    left join moves on judged.deal_id = moves.deal_id
    left join merged on judged.source = merged.source and judged.source_id = merged.source_id
)

select * from final
