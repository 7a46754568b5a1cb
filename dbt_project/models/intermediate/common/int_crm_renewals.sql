-- Grain: one row a company in a CRM and moment at which its next renewal changed.
with

changes as (select * from {{ ref('stg_hubspot__property_changes') }} where changed_at is not null),

named_fields as (select * from {{ ref('int_hubspot_named_fields') }} where field = 'renewal_at'),

-- When a deal came into the stage it is in, and when that was known.
moves as (
    select object_id as deal_id, {{ known_at('changes.changed_at', 'changes') }} as known_at
    from changes
    where object_type = 'deals' and property = 'dealstage'
    qualify row_number() over (partition by object_id order by changed_at desc) = 1
),

deals as (
    select
        int_deals.*,
        coalesce(int_deals.closed_at, case when int_deals.is_archived then int_deals.updated_at end) as ended_at,
        coalesce(moves.known_at, int_deals.known_at) as moved_known_at
    from {{ ref('int_deals') }} as int_deals
    left join moves on int_deals.deal_id = moves.deal_id
    where int_deals.kind = 'renewal' and int_deals.crm_account_id is not null
),

entered as (
    select
        changes.object_id as crm_account_id,
        changes.source,
        {{ utc_time('changes.value') }} as renewal_at,
        changes.changed_at as valid_from,
        coalesce(
            lead(changes.changed_at) over (partition by changes.object_id order by changes.changed_at),
            timestamp '9999-01-01'
        ) as valid_to,
        {{ known_at('changes.changed_at', 'changes') }} as known_at
    from changes
    inner join named_fields on changes.source = named_fields.source and changes.property = named_fields.property
    where changes.object_type = 'companies'
),

-- The close dates that a deal has had, each until the next one or until the deal was closed.
close_dates as (
    select
        deals.deal_id,
        deals.crm_account_id,
        deals.source,
        deals.ended_at,
        deals.moved_known_at,
        {{ utc_time('changes.value') }} as renewal_at,
        changes.changed_at as valid_from,
        least(
            lead(changes.changed_at) over (partition by deals.deal_id order by changes.changed_at),
            deals.ended_at,
            timestamp '9999-01-01'
        ) as valid_to,
        {{ known_at('changes.changed_at', 'changes') }} as known_at
    from deals
    inner join changes
        on deals.deal_id = changes.object_id and changes.object_type = 'deals' and changes.property = 'closedate'
),

moments as (
    select crm_account_id, source, valid_from, min(known_at) as known_at
    from (
        select crm_account_id, source, valid_from, known_at from entered
        union all
        select crm_account_id, source, valid_from, known_at from close_dates where valid_from < valid_to
        union all
        select crm_account_id, source, ended_at, greatest(ended_at, moved_known_at)
        from close_dates
        where ended_at = valid_to
    ) as all_moments
    group by crm_account_id, source, valid_from
),

expected as (
    select moments.crm_account_id, moments.valid_from, min(close_dates.renewal_at) as renewal_at
    from moments
    inner join close_dates
        on moments.crm_account_id = close_dates.crm_account_id
        and moments.valid_from >= close_dates.valid_from and moments.valid_from < close_dates.valid_to
    group by moments.crm_account_id, moments.valid_from
),

final as (
    select
        moments.crm_account_id,
        moments.source,
        coalesce(entered.renewal_at, expected.renewal_at) as renewal_at,
        moments.valid_from,
        moments.known_at
    from moments
    left join entered
        on moments.crm_account_id = entered.crm_account_id
        and moments.valid_from >= entered.valid_from and moments.valid_from < entered.valid_to
    left join expected
        on moments.crm_account_id = expected.crm_account_id and moments.valid_from = expected.valid_from
)

select * from final
