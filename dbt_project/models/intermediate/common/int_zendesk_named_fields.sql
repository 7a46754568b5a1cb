-- Grain: one row a ticket field that the settings name: which id holds the category, which the version.
{{ config(materialized='ephemeral') }}

with

fields as (select * from {{ ref('stg_zendesk__ticket_fields') }}),

sources as (select * from {{ source('control', 'sources') }}),

final as (
    select
        fields.source,
        fields.field_id,
        case when fields.title = sources.category_field then 'category' else 'version' end as name
    from fields
    inner join sources
        on fields.source = sources.source
        and (fields.title = sources.category_field or fields.title = sources.version_field)
)

select * from final
