-- Grain: one row a field of our accounts and the property of HubSpot's companies that holds it.
{{ config(materialized='ephemeral') }}

with

sources as (select * from {{ source('control', 'sources') }} where type = 'hubspot'),

fields as (
    select source, 'external_id' as field, account_field as property from sources
    union all
    select source, 'tier', tier_field from sources
    union all
    select source, 'segment', segment_field from sources
    union all
    select source, 'renewal_at', renewal_field from sources
    union all
    select source, 'owner_id', 'hubspot_owner_id' from sources
    union all
    select source, 'lifecycle_stage', 'lifecyclestage' from sources
),

final as (select * from fields where property is not null)

select * from final
