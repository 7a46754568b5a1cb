-- Grain: one row a version of a record that is in quarantine now.
with

entries as (
    select
        *,
        row_number() over (partition by id order by pulled_at desc, seq desc) as newness
    from {{ source('landing', 'quarantine__records') }}
),

final as (
    select
        id as quarantine_id,
        {{ json_text('payload', '$.source') }} as source,
        {{ json_text('payload', '$.stream') }} as stream,
        {{ json_text('payload', '$.id') }} as record_id,
        {{ json_text('payload', '$.suite') }} as suite,
        {{ json_text('payload', '$.rule') }} as rule,
        {{ json_text('payload', '$.column') }} as column_name,
        {{ json_text('payload', '$.value') }} as value,
        {{ json_text('payload', '$.severity') }} as severity,
        pulled_at as quarantined_at
    from entries
    where newness = 1 and {{ json_text('payload', '$.status') }} = 'quarantined'
)

select * from final
