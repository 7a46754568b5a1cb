-- Grain: one row a record that an account is known by, with how it was found to be one.
select system, record_id, name, method, confidence, detail
from marts.fct_account_links
where account_key = $account
order by list_position(['helpdesk', 'crm', 'billing'], system), record_id
