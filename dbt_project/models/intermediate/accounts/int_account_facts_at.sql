-- Grain: one row a judged moment and account that was known then: what was known of it. Prospects that never wrote and
-- were never billed have a row at the newest moment alone: a CRM holds many more of them than customers.
with

moments as (
    select as_of, as_of = max(as_of) over () as is_newest from {{ source('control', 'as_of') }}
),

accounts as (
    select
        account_key,
        min(coalesce(greatest(created_at, known_at), timestamp '1970-01-01')) as known_from,
        bool_or(system = 'billing')
        or account_key in (select account_key from {{ ref('int_ticket_facts') }} where account_key is not null)
            as is_engaged
    from {{ ref('int_account_records') }}
    where not is_merged
    group by account_key
),

facts as (
    {{ account_facts(
        '(select account_key, as_of as moment from accounts'
        ~ ' inner join moments on known_from <= as_of and (is_engaged or is_newest))',
        'seen'
    ) }}
),

-- Where no CRM, or no billing, is read at all, nobody is unknown to it.
systems as (
    select
        bool_or(system = 'crm') as has_crm, bool_or(system = 'billing') as has_billing
    from {{ ref('int_account_records') }}
),

final as (
    select
        facts.moment as as_of,
        facts.* exclude (moment) replace (
            case when systems.has_crm then facts.is_known_to_crm end as is_known_to_crm,
            case when systems.has_billing then facts.is_known_to_billing end as is_known_to_billing
        )
    from facts
    cross join systems
)

select * from final
