-- Grain: one row an organization.
with

records as ({{ newest_records('files', 'organizations') }}),

final as (
    select
        {{ prefixed('id') }} as organization_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.name') }} as name,
        {{ tag_list(json_text('payload', '$.domains')) }} as domains,
        {{ json_text('payload', '$.tier') }} as tier,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at
    from records
)

select * from final
