-- Grain: one row an account, field of the CRM and stretch of time over which the field had a value.
with

records as (select * from {{ ref('int_account_records') }} where system = 'crm'),

history as (
    select
        records.account_key, history.crm_account_id, history.field, history.value, history.valid_from,
        max(greatest(history.valid_from, history.known_at)) over (
            partition by history.crm_account_id, history.field order by history.valid_from
        ) as seen_from,
        records.is_merged, records.is_archived, records.is_root, records.created_at
    from {{ ref('int_crm_account_history') }} as history
    inner join records on history.crm_account_id = records.record_id
),

-- Where the CRM holds an account twice, a field is read from the first of them that has it.
chosen as (
    select
        *,
        dense_rank() over (
            partition by account_key, field
            order by is_merged, is_archived, not is_root, created_at nulls last, crm_account_id
        ) as place
    from history
    where (crm_account_id, field) in (select crm_account_id, field from history where value is not null)
),

final as (
    select
        account_key,
        crm_account_id,
        field,
        value,
        valid_from,
        lead(valid_from) over changes as valid_to,
        seen_from,
        lead(seen_from) over changes as seen_to
    from chosen
    where place = 1
    window changes as (partition by account_key, field order by valid_from, seen_from)
)

select * from final
