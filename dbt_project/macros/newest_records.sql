{#
The newest version of each id in a landed stream: by the source's own version, then pulled_at, then seq.
Versions in quarantine are left out, and those for which `where`, a condition on landed.payload, does not hold.
Columns: source, id, version, pulled_at, seq, payload, and of the first version that counts: first_pulled_at,
first_backfill.

An incremental model keeps all of these but the payload (see `arrival`), and only reads what landed since. The
history is asked only where there are ids that were ever in quarantine and are not what staging has of them.
#}
{% macro newest_records(vendor, stream, where=none) %}
    {%- if is_incremental() -%}
    {%- set is_reread = answer_of("select exists(" ~ changed_by_quarantine(stream) ~ ")", otherwise=true) -%}
    with

    -- a literal, so that whole files are passed over by their statistics; then source by source
    landed_since as (
        {{ good_records(vendor, stream, where, after=lowest_seq(source('landing', vendor ~ '__' ~ stream), this)) }}
    ),

    fresh as (
        select landed_since.*
        from landed_since
        left join (select source, max(seq) as seq from {{ this }} group by source) as read_up_to
            on landed_since.source = read_up_to.source
        where landed_since.seq > coalesce(read_up_to.seq, -1)
    ),

    {% if is_reread -%}
    reread as ({{ changed_by_quarantine(stream) }}),

    {% endif -%}
    known as (
        select distinct source, source_id as id, version, pulled_at, seq, first_pulled_at, first_backfill
        from {{ this }}
        where (source, source_id) in (select source, id from fresh)
    ),

    arrived as (
        select
            fresh.source,
            fresh.id,
            fresh.version,
            fresh.pulled_at,
            fresh.seq,
            fresh.payload,
            coalesce(known.first_pulled_at, first_value(fresh.pulled_at) over arrival) as first_pulled_at,
            coalesce(known.first_backfill, first_value(fresh.backfill) over arrival) as first_backfill,
            row_number() over newest as newness,
            known.version as known_version,
            known.pulled_at as known_pulled_at,
            known.seq as known_seq
        from fresh
        left join known on fresh.source = known.source and fresh.id = known.id
        {%- if is_reread %}
        where (fresh.source, fresh.id) not in (select source, id from reread)
        {%- endif %}
        window
            newest as (
                partition by fresh.source, fresh.id order by fresh.version desc, fresh.pulled_at desc, fresh.seq desc
            ),
            arrival as (partition by fresh.source, fresh.id order by fresh.pulled_at, fresh.seq)
    )

    select source, id, version, pulled_at, seq, payload, first_pulled_at, first_backfill
    from arrived
    where newness = 1
        and (known_seq is null or (version, pulled_at, seq) > (known_version, known_pulled_at, known_seq))
    {%- if is_reread %}
    union all
    select source, id, version, pulled_at, seq, payload, first_pulled_at, first_backfill
    from ({{ newest_of(vendor, stream, where, only='reread') }}) as mended
    {%- endif %}
    {%- else -%}
    {{ newest_of(vendor, stream, where) }}
    {%- endif -%}
{% endmacro %}

{#
The newest of good records, with what is known of the first. A history's payloads do not fit into memory, nor does the
order of all its versions: what was landed once passes as it is, and only of the rest are versions compared, without
their payloads. Which ids were landed more often is told by a hash; two ids with the same one are merely compared as well.
#}
{% macro newest_of(vendor, stream, where=none, only=none) %}
    {%- set mark = fingerprint(['landed.source', 'landed.id']) -%}
    {%- set repeated -%}
        (select {{ mark }} as mark from ({{ good_records(vendor, stream, where, only=only) }}) as landed
        group by 1 having count(*) > 1)
    {%- endset %}
    select
        landed.source, landed.id, landed.version, landed.pulled_at, landed.seq, landed.payload,
        landed.pulled_at as first_pulled_at, landed.backfill as first_backfill
    from ({{ good_records(vendor, stream, where, only=only) }}) as landed
    where {{ mark }} not in {{ repeated }}
    union all
    select
        landed.source, landed.id, landed.version, landed.pulled_at, landed.seq, landed.payload,
        newest.first_pulled_at, newest.first_backfill
    from {{ source('landing', vendor ~ '__' ~ stream) }} as landed
    inner join (
        select
            source, seq,
            row_number() over newest as newness,
            first_value(pulled_at) over arrival as first_pulled_at,
            first_value(backfill) over arrival as first_backfill
        from ({{ good_records(vendor, stream, where, only=only) }}) as landed
        where {{ mark }} in {{ repeated }}
        window
            newest as (partition by source, id order by version desc, pulled_at desc, seq desc),
            arrival as (partition by source, id order by pulled_at, seq)
    ) as newest
        on landed.source = newest.source and landed.seq = newest.seq
    where newest.newness = 1
{% endmacro %}

{# What an incremental model keeps of `newest_records`, for its next run. #}
{% macro arrival() -%} version, pulled_at, seq, first_pulled_at, first_backfill {%- endmacro %}

{# The sequence number up to which an incremental model has read every source of a landed stream; -1: from the start. #}
{% macro lowest_seq(landed, relation) -%}
    {{ return(answer_of(
        'select coalesce(min(coalesce(read_up_to.seq, -1)), -1)'
        ~ ' from (select distinct source from ' ~ landed ~ ') as sources'
        ~ ' left join (select source, max(seq) as seq from ' ~ relation ~ ' group by source) as read_up_to'
        ~ ' on sources.source = read_up_to.source',
        otherwise=-1
    )) }}
{%- endmacro %}

{# The one value that a query gives, asked when the model is compiled to be run. #}
{% macro answer_of(query, otherwise) -%}
    {%- if not execute -%} {{ return(otherwise) }} {%- endif -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro %}

{#
Ids of which staging holds a version that has gone into quarantine since, or does not hold one that has come
out of it: those change without anything landing.
#}
{% macro changed_by_quarantine(stream) %}
    select entries.source, entries.id
    from ({{ quarantine_entries(stream) }}) as entries
    left join (
        select distinct source, source_id, seq
        from {{ this }}
        where (source, source_id) in (select source, id from ({{ quarantine_entries(stream) }}) as named)
    ) as staged
        on entries.source = staged.source and entries.id = staged.source_id
    where case
        when entries.status = 'quarantined' then entries.seq = staged.seq
        else staged.seq is null or entries.seq > staged.seq
    end
{% endmacro %}

{#
Every version of every record in a landed stream, without those in quarantine. where: a condition on
landed.payload; after: a sequence number; only: a relation of (source, id).
#}
{% macro good_records(vendor, stream, where=none, after=none, only=none) %}
    select landed.*
    from {{ source('landing', vendor ~ '__' ~ stream) }} as landed
    left join ({{ quarantine_entries(stream) }}) as quarantine
        on landed.source = quarantine.source and landed.id = quarantine.id and landed.seq = quarantine.seq
    where coalesce(quarantine.status, '') <> 'quarantined'
        {%- if where %}
        and {{ where }}
        {%- endif %}
        {%- if after is not none %}
        and landed.seq > {{ after }}
        {%- endif %}
        {%- if only %}
        and (landed.source, landed.id) in (select source, id from {{ only }})
        {%- endif %}
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
