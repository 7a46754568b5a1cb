-- Grain: one row a user.
with

records as ({{ newest_records('files', 'users') }}),

final as (
    select
        {{ prefixed('id') }} as user_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.name') }} as name,
        {{ json_text('payload', '$.email') }} as email,
        lower({{ json_text('payload', '$.role') }}) as role,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.organization_id') }} as organization_id,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
