{#
The newest version of each id in a landed stream: by the source's own version, then pulled_at, then seq.
Versions in quarantine are left out, and those for which `where`, a condition on landed.payload, does not hold.
Columns: source, id, version, pulled_at, seq, payload, and of the first version that counts: first_pulled_at,
first_backfill.

In an incremental model only ids are read again that landed since (by seq, source by source), or that were
ever in quarantine: those can change without anything landing.
#}
{% macro newest_records(vendor, stream, where=none) %}
    select source, id, version, pulled_at, seq, payload, first_pulled_at, first_backfill
    from (
        select
            landed.*,
            row_number() over newest as newness,
            first_value(landed.pulled_at) over arrival as first_pulled_at,
            first_value(landed.backfill) over arrival as first_backfill
        from {{ source('landing', vendor ~ '__' ~ stream) }} as landed
        left join ({{ quarantine_entries(stream) }}) as quarantine
            on landed.source = quarantine.source and landed.id = quarantine.id and landed.seq = quarantine.seq
        where coalesce(quarantine.status, '') <> 'quarantined'
        {%- if where %}
            and {{ where }}
        {%- endif %}
        {%- if is_incremental() %}
            and (landed.source, landed.id) in (
                select arrived.source, arrived.id
                from {{ source('landing', vendor ~ '__' ~ stream) }} as arrived
                left join (select source, max(seq) as seq from {{ this }} group by source) as known
                    on arrived.source = known.source
                where arrived.seq > coalesce(known.seq, -1)
                union
                select source, id from ({{ quarantine_entries(stream) }}) as mended
            )
        {%- endif %}
        window
            newest as (
                partition by landed.source, landed.id
                order by landed.version desc, landed.pulled_at desc, landed.seq desc
            ),
            arrival as (partition by landed.source, landed.id order by landed.pulled_at, landed.seq)
    ) as ranked
    where newness = 1
{% endmacro %}

{# Every version of every record in a landed stream, without those in quarantine. #}
{% macro good_records(vendor, stream) %}
    select landed.*
    from {{ source('landing', vendor ~ '__' ~ stream) }} as landed
    left join ({{ quarantine_entries(stream) }}) as quarantine
        on landed.source = quarantine.source and landed.id = quarantine.id and landed.seq = quarantine.seq
    where coalesce(quarantine.status, '') <> 'quarantined'
{% endmacro %}

{# The newest word on every record of a stream that was ever put in quarantine. #}
{% macro quarantine_entries(stream) %}
    select source, id, seq, status
    from (
        select
            {{ json_text('payload', '$.source') }} as source,
            {{ json_text('payload', '$.id') }} as id,
            cast({{ json_text('payload', '$.seq') }} as bigint) as seq,
            {{ json_text('payload', '$.status') }} as status,
            row_number() over (partition by id order by pulled_at desc, seq desc) as newness
        from {{ source('landing', 'quarantine__records') }}
        where {{ json_text('payload', '$.stream') }} = '{{ stream }}'
    ) as entries
    where newness = 1
{% endmacro %}

{# After an incremental run: rows whose version has gone into quarantine since, with no other to take its place. #}
{% macro drop_quarantined(stream) %}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where (source, source_id, seq) in (
            select source, id, seq from ({{ quarantine_entries(stream) }}) as entries where status = 'quarantined'
        )
    {%- endif -%}
{% endmacro %}

{# When a record was known: as it happened when a backfill landed it, else when it was first pulled. #}
{% macro known_at(happened_at, relation) -%}
    case
        when {{ relation }}.first_backfill then coalesce({{ happened_at }}, {{ relation }}.first_pulled_at)
        else {{ relation }}.first_pulled_at
    end
{%- endmacro %}

{# Ids carry their source, so that two helpdesks cannot collide. #}
{% macro prefixed(id, source='source') -%} {{ source }} || ':' || {{ id }} {%- endmacro %}
