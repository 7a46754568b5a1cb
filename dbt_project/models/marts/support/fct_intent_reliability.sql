-- Grain: one row a night, intent model, kind of evidence and bin of confidence that had tickets.
with

entries as (
    select
        cast("at" as date) as night,
        "at" as counted_at,
        seq,
        {{ json_text('body', '$.name') }} as name,
        {{ json_text('body', '$.model_id') }} as model_id,
        {{ json_text('body', '$.evidence') }} as evidence,
        cast({{ json_text('body', '$.bin') }} as double) as bin,
        cast({{ json_text('body', '$.tickets') }} as bigint) as tickets,
        cast({{ json_text('body', '$.hits') }} as bigint) as hits,
        cast({{ json_text('body', '$.confidence') }} as double) as confidence,
        cast({{ json_text('body', '$.low') }} as double) as low,
        cast({{ json_text('body', '$.high') }} as double) as high
    from {{ source('journal', 'reliability') }}
),

-- the last table of a night holds
ranked as (
    select
        *,
        max(counted_at) over (partition by night, name) as last_counted_at,
        row_number() over (partition by night, name, evidence, bin order by counted_at desc, seq desc) as place
    from entries
),

nights as (
    select
        *,
        dense_rank() over (partition by name order by night) as nth,
        coalesce(confidence not between low and high, false) as is_off
    from ranked
    where counted_at = last_counted_at and place = 1
),

final as (
    select
        nights.night,
        nights.name,
        nights.model_id,
        nights.evidence,
        nights.bin as confidence_from,
        round(nights.bin + 0.1, 2) as confidence_to,
        nights.tickets,
        nights.confidence,
        nights.hits,
        round(nights.hits / cast(nights.tickets as double), 4) as hit_rate,
        nights.low,
        nights.high,
        -- what a model was held out from is no new evidence the next night
        case
            when not nights.is_off then 0
            when before.is_off and (nights.evidence = 'later' or before.model_id <> nights.model_id) then 2
            else 1
        end as nights_off
    from nights
    left join nights as before
        on nights.name = before.name and nights.evidence = before.evidence and nights.bin = before.bin
        and nights.nth = before.nth + 1
)

select * from final
