-- What happened to a customer cannot have been known before it did.
select event_id, kind, occurred_at, known_at
from {{ ref('int_billing_events') }}
where known_at < occurred_at
