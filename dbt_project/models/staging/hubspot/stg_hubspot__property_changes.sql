-- Grain: one row a value that a property of a company or a deal took, over all versions that were landed.
{% set streams = ['companies', 'deals'] %}

with

versions as (
    {% for stream in streams %}
    select
        '{{ stream }}' as object_type,
        source,
        id,
        pulled_at,
        backfill,
        {{ json_text('payload', '$.propertiesWithHistory') }} as histories
    from ({{ good_records('hubspot', stream) }}) as landed
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

histories as (
    select *, {{ each(json_names('histories')) }} as property
    from versions
),

changes as (
    select *, {{ each(json_items(json_value('histories', 'property'), '$')) }} as change
    from histories
),

final as (
    select
        object_type,
        {{ prefixed('id') }} as object_id,
        source,
        property,
        nullif({{ json_text('change', '$.value') }}, '') as value,
        {{ utc_time(json_text('change', '$.timestamp')) }} as changed_at,
        min(pulled_at) as first_pulled_at,
        min_by(backfill, pulled_at) as first_backfill
    from changes
    group by all
)

select * from final
