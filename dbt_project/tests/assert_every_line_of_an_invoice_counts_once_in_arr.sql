-- The ARR of an account at the start of a stretch is the sum of the parts that hold then, each once.
with told as (
    select plans.account_key, plans.valid_from, plans.arr, sum(terms.a_year) as parts
    from {{ ref('int_account_plans') }} as plans
    inner join {{ ref('int_account_records') }} as records on plans.account_key = records.account_key
    inner join {{ ref('int_subscription_terms') }} as terms
        on records.record_id = terms.billing_customer_id
        and terms.starts_at <= plans.valid_from
        and terms.ends_at > plans.valid_from
    where plans.arr is not null
    group by all
)

select * from told where arr <> parts
