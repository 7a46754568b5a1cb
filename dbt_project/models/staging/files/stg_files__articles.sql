-- Grain: one row an article.
{{ config(materialized='view') }}

with

records as ({{ newest_records('files', 'articles') }}),

final as (
    select
        {{ prefixed('id') }} as article_id,
        source,
        {{ json_text('payload', '$.title') }} as title,
        {{ json_text('payload', '$.body') }} as body,
        {{ json_text('payload', '$.url') }} as url,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.section') }} as section,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
