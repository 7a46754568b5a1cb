-- Grain: as_of x finding_key, of findings with an account. How many accounts, what they pay a year, and which they are.
-- ARR is summed in the reporting currency, once an account; who pays what is unknown for the others, and not zero.
with accounts as (
    select * from {{ ref('int_finding_accounts') }}
),

counted as (
    select
        as_of,
        finding_key,
        cast(count(*) as integer) as accounts,
        cast(sum(arr_reporting) as decimal(18, 2)) as arr,
        cast(count_if(arr_reporting is null) as integer) as accounts_without_arr
    from accounts
    group by all
),

by_tier as (
    select as_of, finding_key, coalesce(tier, 'unknown') as tier, count(*) as n, bool_or(tier is not null) as is_known
    from accounts
    group by all
),

tiers as (
    select as_of, finding_key, cast(to_json(map_from_entries(list((tier, n) order by n desc, tier))) as varchar) as tiers
    from by_tier
    group by all
    having bool_or(is_known)
),

-- The commonest, where it has most of the accounts.
segments as (
    select accounts.as_of, accounts.finding_key, accounts.segment
    from accounts
    inner join counted on counted.as_of = accounts.as_of and counted.finding_key = accounts.finding_key
    where accounts.segment is not null
    group by accounts.as_of, accounts.finding_key, accounts.segment, counted.accounts
    having count(*) > 0.5 * counted.accounts
),

final as (
    select
        counted.*,
        case when counted.arr is not null then '{{ var("reporting_currency") }}' end as currency,
        tiers.tiers,
        segments.segment
    from counted
    left join tiers on tiers.as_of = counted.as_of and tiers.finding_key = counted.finding_key
    left join segments on segments.as_of = counted.as_of and segments.finding_key = counted.finding_key
)

select * from final
