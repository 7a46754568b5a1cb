-- What was known of an account at a moment was known by then.
select facts.as_of, facts.account_key
from {{ ref('int_account_facts_at') }} as facts
left join {{ ref('int_account_plans') }} as plans
    on facts.account_key = plans.account_key and plans.seen_from <= facts.as_of
where facts.arr_reporting is not null
group by facts.as_of, facts.account_key
having count(plans.account_key) = 0
