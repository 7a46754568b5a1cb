-- Grain: one row a help center article.
{{ config(materialized='view') }}

with

records as ({{ newest_records('zendesk', 'articles') }}),

final as (
    select
        {{ prefixed('id') }} as article_id,
        source,
        {{ json_text('payload', '$.title') }} as title,
        {{ json_text('payload', '$.body') }} as body,
        {{ json_text('payload', '$.html_url') }} as url,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.section_id') }} as section,
        coalesce(try_cast({{ json_text('payload', '$.draft') }} as boolean), false) as is_draft,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
