-- Grain: one row a time that an account's plan or ARR changed, until now, with the invoice that says so.
with plans as (
    select
        *,
        (plan, arr, currency, is_trial) is distinct from
            lag((plan, arr, currency, is_trial)) over (order by valid_from) as is_new
    from intermediate.int_account_plans
    where account_key = $account
)

select valid_from, plan, arr, currency, arr_reporting, is_trial, record_id
from plans
where is_new and valid_from <= (select max(as_of) from control.as_of)
order by valid_from
