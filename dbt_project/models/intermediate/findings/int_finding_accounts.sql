-- Grain: as_of x finding_key x account_key. Who is behind a finding, and what was known of them at that moment: each
-- account once, however many tickets it wrote. A churn finding is about its account, even one that fell silent.
with facts as (
    select * from {{ ref('int_account_facts_at') }}
),

written as (
    select as_of, finding_key, account_key, count(*) as tickets
    from {{ ref('int_finding_tickets') }}
    where account_key is not null
    group by all
),

about as (
    select as_of, finding_key, substr(candidate_key, len('churn:') + 1) as account_key, 0 as tickets
    from {{ ref('int_candidate_findings') }}
    where starts_with(candidate_key, 'churn:')
),

involved as (
    select as_of, finding_key, account_key, cast(sum(tickets) as integer) as tickets
    from (select * from written union all select * from about) as either
    group by all
),

final as (
    select
        involved.as_of, involved.finding_key, involved.account_key, involved.tickets,
        facts.name, facts.tier, facts.segment, facts.plan,
        facts.arr, facts.currency, facts.arr_reporting, facts.owner_name
    from involved
    left join facts on facts.as_of = involved.as_of and facts.account_key = involved.account_key
)

select * from final
