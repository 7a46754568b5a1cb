-- Grain: one row a record of a customer in any system, with its account: what was linked, what was not, and why.
with

records as (select * from {{ ref('int_account_records') }} where not is_merged),

accounts as (
    select
        account_key,
        count(distinct system) as systems,
        count(*) filter (system = 'crm' and not is_archived) as companies,
        min(record_id) filter (system = 'crm' and is_root) as first_company
    from records
    group by account_key
),

told as (
    select
        records.*,
        accounts.systems,
        accounts.first_company,
        records.system = 'crm' and accounts.companies > 1 and not records.is_root and not records.is_archived
            as is_duplicate
    from records
    inner join accounts on records.account_key = accounts.account_key
),

final as (
    select
        records.record_id,
        records.system,
        records.source,
        records.name,
        records.account_key,
        records.method,
        records.confidence,
        case
            when records.conflict is not null then 'conflict'
            when records.systems > 1 then 'linked'
            else 'unmatched'
        end as status,
        case
            when records.conflict is not null then records.conflict
            when records.is_duplicate then 'twice in the CRM: ' || records.first_company || ' is the same account'
            when records.is_archived then 'archived or deleted'
        end as detail,
        records.is_duplicate
    from told as records
)

select * from final
