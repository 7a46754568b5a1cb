-- Every organization, also one that only tickets name, belongs to exactly one account.
with organizations as (
    select organization_id from {{ ref('int_organizations') }}
    union
    select organization_id from {{ ref('int_tickets') }} where organization_id is not null
)

select organizations.organization_id, count(distinct records.account_key) as accounts
from organizations
left join {{ ref('int_account_records') }} as records on organizations.organization_id = records.record_id
group by organizations.organization_id
having count(distinct records.account_key) <> 1
