-- Grain: one row a thing that happened to an account, in billing or in the CRM.
with

records as (select record_id, account_key from {{ ref('int_account_records') }}),

owners as (select * from {{ ref('int_owners') }}),

billing as (
    select records.account_key, events.*
    from {{ ref('int_billing_events') }} as events
    inner join records on events.billing_customer_id = records.record_id
),

deals as (
    select records.account_key, deals.*
    from {{ ref('int_deals') }} as deals
    inner join records on deals.crm_account_id = records.record_id
    where deals.is_closed and not deals.is_archived
),

owner_changes as (
    select
        *,
        lag(value) over (partition by account_key order by valid_from, seen_from) as owner_before
    from {{ ref('int_account_fields') }}
    where field = 'owner_id'
),

final as (
    select
        account_key, event_id, source, billing_customer_id, subscription_id, invoice_id, kind, plan_before, plan_after,
        amount, currency, occurred_at, known_at, record_id, url
    from billing
    union all
    select
        account_key, deal_id, source, null, null, null, case when is_won then 'deal_won' else 'deal_lost' end,
        null, name, amount, currency, closed_at, greatest(known_at, closed_at), deal_id, url
    from deals
    where closed_at is not null
    union all
    select
        changes.account_key,
        changes.crm_account_id || ':owner:' || cast(changes.valid_from as {{ dbt.type_string() }}),
        split_part(changes.value, ':', 1), null, null, null, 'owner_changed', before.name, owners.name, null, null,
        changes.valid_from, changes.seen_from, changes.crm_account_id, companies.url
    from owner_changes as changes
    left join owners on changes.value = owners.owner_id
    left join owners as before on changes.owner_before = before.owner_id
    left join {{ ref('int_crm_accounts') }} as companies on changes.crm_account_id = companies.crm_account_id
    where changes.owner_before <> changes.value
)

select * from final
