-- What was known of an account at a moment was known by then: a bill or a trial for its ARR, an entry of the CRM for its
-- tier and owner, a failed payment or a due date for what is open, a downgrade for the downgrade.
with facts as (select * from {{ ref('int_account_facts_at') }}),

records as (select record_id, account_key from {{ ref('int_account_records') }}),

billed as (
    select records.account_key, min(lines.known_at) as known_at
    from (
        select billing_customer_id, known_at from {{ ref('int_invoice_lines') }}
        union all
        select billing_customer_id, known_at from {{ ref('int_subscriptions') }}
    ) as lines
    inner join records on lines.billing_customer_id = records.record_id
    group by records.account_key
),

entered as (
    select records.account_key, history.field, history.value, min(greatest(history.valid_from, history.known_at)) as known_at
    from {{ ref('int_crm_account_history') }} as history
    inner join records on history.crm_account_id = records.record_id
    group by records.account_key, history.field, history.value
),

owed as (
    select records.account_key, min(owed.known_at) as known_at
    from (
        select billing_customer_id, greatest(occurred_at, known_at) as known_at
        from {{ ref('int_billing_events') }}
        where kind = 'payment_failed'
        union all
        select billing_customer_id, greatest(due_at, known_at)
        from {{ ref('int_invoices') }}
        where due_at is not null
    ) as owed
    inner join records on owed.billing_customer_id = records.record_id
    group by records.account_key
),

downgraded as (
    select account_key, min(greatest(occurred_at, known_at)) as known_at
    from {{ ref('int_account_events') }}
    where kind = 'downgraded'
    group by account_key
)

select facts.as_of, facts.account_key
from facts
left join billed on facts.account_key = billed.account_key
left join entered as tiers
    on facts.account_key = tiers.account_key and tiers.field = 'tier' and facts.tier = tiers.value
left join entered as owners
    on facts.account_key = owners.account_key and owners.field = 'owner_id' and facts.owner_id = owners.value
left join owed on facts.account_key = owed.account_key
left join downgraded on facts.account_key = downgraded.account_key
where (facts.arr_reporting is not null and not coalesce(billed.known_at <= facts.as_of, false))
    or (facts.tier is not null and not coalesce(tiers.known_at <= facts.as_of, false))
    or (facts.owner_id is not null and not coalesce(owners.known_at <= facts.as_of, false))
    or (facts.is_past_due and not coalesce(owed.known_at <= facts.as_of, false))
    or (facts.has_downgraded and not coalesce(downgraded.known_at <= facts.as_of, false))
