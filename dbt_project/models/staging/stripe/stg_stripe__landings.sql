-- Grain: one row a subscription or invoice and a pull that landed it.
{{ config(materialized='view') }}

with

landed as (
    select source, id, pulled_at from {{ source('landing', 'stripe__subscriptions') }}
    union all
    select source, id, pulled_at from {{ source('landing', 'stripe__invoices') }}
),

final as (
    select distinct {{ prefixed('id') }} as record_id, pulled_at
    from landed
)

select * from final
