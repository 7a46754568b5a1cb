{{ config(severity='warn') }}
-- An override that names a record nobody has landed does nothing.
select overrides.id
from {{ ref('account_overrides') }} as overrides
left join {{ ref('int_account_records') }} as record on overrides.record_id = record.record_id
left join {{ ref('int_account_records') }} as other on overrides.account_record_id = other.record_id
where record.record_id is null or (overrides.account_record_id is not null and other.record_id is null)
