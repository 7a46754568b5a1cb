-- Grain: one row an organization.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='organization_id',
    post_hook="{{ drop_quarantined('organizations') }}"
) }}

with

records as ({{ newest_records('zendesk', 'organizations') }}),

final as (
    select
        {{ prefixed('id') }} as organization_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.name') }} as name,
        {{ json_texts('payload', '$.domain_names') }} as domains,
        {{ json_text('payload', '$.organization_fields.tier') }} as tier,
        nullif({{ json_text('payload', '$.external_id') }}, '') as external_id,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ arrival() }}
    from records
)

select * from final
