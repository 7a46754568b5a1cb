-- Grain: one row a published help article.
with

unioned as (
    select article_id, source, title, body, url, locale, section, updated_at, first_pulled_at, first_backfill
    from {{ ref('stg_zendesk__articles') }}
    where not is_draft
    union all
    select article_id, source, title, body, url, locale, section, updated_at, first_pulled_at, first_backfill
    from {{ ref('stg_files__articles') }}
),

final as (
    select
        article_id,
        source,
        title,
        body,
        url,
        locale,
        section,
        updated_at,
        {{ known_at('updated_at', 'unioned') }} as known_at
    from unioned
)

select * from final
