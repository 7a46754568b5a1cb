-- Grain: one row whoever is billed. Deleted ones stay, flagged.
with

customers as (select * from {{ ref('stg_stripe__customers') }}),

sources as (select * from {{ source('control', 'sources') }}),

final as (
    select
        customers.customer_id as billing_customer_id,
        customers.source,
        customers.source_id,
        -- a name goes into messages and issues: one that is an address is none
        case
            when {{ first_match('customers.name', '([^@[:space:]]+@[^@[:space:]]+)') }} is null then customers.name
        end as name,
        customers.email,
        {{ first_match('lower(customers.email)', '@([^@[:space:]>]+)[[:space:]>]*$') }} as email_domain,
        customers.country,
        customers.currency,
        nullif({{ json_value('customers.metadata', 'sources.account_field') }}, '') as external_id,
        customers.is_delinquent,
        customers.is_deleted,
        customers.created_at,
        {{ dashboard_url('customers', 'customers') }} as url,
        {{ known_at('customers.created_at', 'customers') }} as known_at
    from customers
    left join sources on customers.source = sources.source
)

select * from final
