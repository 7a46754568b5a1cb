-- Grain: as_of x finding_key x account_key. The accounts behind every finding: as many as it says, and its ARR is theirs.
with findings as (
    select as_of, finding_key from {{ ref('fct_findings') }}
),

accounts as (
    select * from {{ ref('int_finding_accounts') }}
),

final as (
    select
        accounts.as_of,
        accounts.finding_key,
        accounts.account_key,
        accounts.name,
        accounts.tickets,
        accounts.tier,
        accounts.segment,
        accounts.plan,
        accounts.arr,
        accounts.currency,
        accounts.arr_reporting,
        accounts.owner_name
    from accounts
    inner join findings on findings.as_of = accounts.as_of and findings.finding_key = accounts.finding_key
)

select * from final
