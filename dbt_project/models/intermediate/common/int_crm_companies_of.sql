-- Grain: one row a contact or deal that belongs to a company of its CRM.
{{ config(materialized='ephemeral') }}

with

associations as (select * from {{ ref('stg_hubspot__associations') }}),

final as (
    select from_type, from_id, crm_account_id
    from associations
    qualify row_number() over (
        partition by from_type, from_id
        order by {{ holds('labels', "'Primary'") }} desc, length(crm_account_id), crm_account_id
    ) = 1
)

select * from final
