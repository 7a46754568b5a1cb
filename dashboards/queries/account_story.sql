-- Grain: one row a thing that happened to an account, the newest first, with the record it was read from.
select "at", what, text, amount, currency, system, record_id, url
from marts.fct_account_timeline
where account_key = $account
order by place desc
