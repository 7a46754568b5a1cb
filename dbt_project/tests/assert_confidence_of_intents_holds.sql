-- A bin of confidence that does not hold is a warning on its first night and a failure on the second in a row.
{{ config(severity='error', warn_if='> 0', error_if='> 1', fail_calc='coalesce(max(nights_off), 0)') }}
select *
from {{ ref('fct_intent_reliability') }}
where nights_off > 0 and night = (select max(night) from {{ ref('fct_intent_reliability') }})
