-- Grain: one row a recurring price: what it costs a month, and the rank of its plan among those of its currency.
with

prices as (select * from {{ ref('stg_stripe__prices') }} where "interval" is not null),

products as (select * from {{ ref('stg_stripe__products') }}),

-- A year is 12 months, 52 weeks or 365 days. Nothing is charged by this amount: prices are compared by it.
monthly as (
    select
        *,
        cast(
            unit_amount * case "interval" when 'month' then 12 when 'year' then 1 when 'week' then 52 when 'day' then 365 end
            / (12 * coalesce(interval_count, 1)) as decimal(18, 2)
        ) as monthly_amount
    from prices
),

-- A plan has several prices (monthly, yearly, older ones): its dearest that can still be bought stands for it.
listed as (
    select
        source, product_id, currency,
        coalesce(max(case when is_active then monthly_amount end), max(monthly_amount)) as list_amount
    from monthly
    group by source, product_id, currency
),

ranked as (
    select
        product_id, currency,
        cast(dense_rank() over (partition by source, currency order by list_amount) as integer) as plan_rank
    from listed
    where list_amount is not null
),

final as (
    select
        monthly.price_id,
        monthly.source,
        monthly.product_id,
        products.name as plan,
        monthly.currency,
        monthly."interval",
        monthly.interval_count,
        monthly.monthly_amount,
        ranked.plan_rank
    from monthly
    left join products on monthly.product_id = products.product_id
    left join ranked on monthly.product_id = ranked.product_id and monthly.currency = ranked.currency
)

select * from final
