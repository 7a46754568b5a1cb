-- Grain: at most one row: an account as it is known now.
select * from marts.dim_accounts where account_key = $account
