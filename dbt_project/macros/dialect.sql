{# What differs between DuckDB and Spark, and nothing else. #}

{#
A payload is JSON always, and so is what was taken from a list in it; any other text need not be, and is then null: one
odd record must not stop the others.
#}
{% macro of_json(column, expression) -%}
    {%- if column.split('.')[-1] in ('payload', 'child', 'line', 'link', 'change', 'reaction') -%}
        {{ expression }}
    {%- else -%}
        case when json_valid({{ column }}) then {{ expression }} end
    {%- endif -%}
{%- endmacro %}

{# Text at a JSON path; null where it is missing or JSON null. #}
{% macro json_text(column, path) -%}
    {{ return(adapter.dispatch('json_text', 'groundswell')(column, path)) }}
{%- endmacro %}
{% macro default__json_text(column, path) -%}
    {{ of_json(column, "json_extract_string(" ~ column ~ ", '" ~ path ~ "')") }}
{%- endmacro %}
{% macro spark__json_text(column, path) -%} get_json_object({{ column }}, '{{ path }}') {%- endmacro %}

{#
A relation's rows with texts out of a JSON column, by name: {name: path}. The column is parsed once, where json_text
parses it once for every text: for streams with many rows.
#}
{% macro json_columns(relation, column, paths) -%}
    {{ return(adapter.dispatch('json_columns', 'groundswell')(relation, column, paths)) }}
{%- endmacro %}
{% macro default__json_columns(relation, column, paths) %}
    select
        * exclude (json_values),
        {%- for name in paths %}
        json_values[{{ loop.index }}] as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select *, json_extract_string({{ column }}, ['{{ paths.values() | join("', '") }}']) as json_values
        from {{ relation }}
    ) as parsed
{% endmacro %}
{% macro spark__json_columns(relation, column, paths) %}
    select
        *,
        {%- for name, path in paths.items() %}
        get_json_object({{ column }}, '{{ path }}') as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
{% endmacro %}

{# Text at a key that is itself a column. #}
{% macro json_value(column, key) -%}
    {{ return(adapter.dispatch('json_value', 'groundswell')(column, key)) }}
{%- endmacro %}
{% macro default__json_value(column, key) -%}
    {#- a JSON pointer, since a key with a quote in it breaks a path -#}
    {{ of_json(
        column, "json_extract_string(" ~ column ~ ", '/' || replace(replace(" ~ key ~ ", '~', '~0'), '/', '~1'))"
    ) }}
{%- endmacro %}
{% macro spark__json_value(column, key) -%}
    from_json({{ column }}, 'map<string,string>')[{{ key }}]
{%- endmacro %}

{# The keys of a JSON object as a list; null where there is none. #}
{% macro json_names(column) -%} {{ return(adapter.dispatch('json_names', 'groundswell')(column)) }} {%- endmacro %}
{% macro default__json_names(column) -%} {{ of_json(column, "json_keys(" ~ column ~ ")") }} {%- endmacro %}
{% macro spark__json_names(column) -%} json_object_keys({{ column }}) {%- endmacro %}

{# The elements of a JSON array as a list of JSON texts; null where there is no array. #}
{% macro json_items(column, path) -%}
    {{ return(adapter.dispatch('json_items', 'groundswell')(column, path)) }}
{%- endmacro %}
{% macro default__json_items(column, path) -%}
    {{ of_json(column, "json_extract(" ~ column ~ ", '" ~ path ~ "[*]')") }}
{%- endmacro %}
{% macro spark__json_items(column, path) -%}
    from_json(get_json_object({{ column }}, '{{ path }}'), 'array<string>')
{%- endmacro %}

{# The texts of a JSON array, or at a path with [*] within one, as a list; an empty list where there is none. #}
{% macro json_texts(column, path) -%}
    {{ return(adapter.dispatch('json_texts', 'groundswell')(column, path)) }}
{%- endmacro %}
{% macro default__json_texts(column, path) -%}
    coalesce({{ json_text(column, path if "[*]" in path else path ~ "[*]") }}, [])
{%- endmacro %}
{% macro spark__json_texts(column, path) -%}
    coalesce(from_json(get_json_object({{ column }}, '{{ path }}'), 'array<string>'), array())
{%- endmacro %}

{# One row an element, in the select list. #}
{% macro each(list) -%} {{ return(adapter.dispatch('each', 'groundswell')(list)) }} {%- endmacro %}
{% macro default__each(list) -%} unnest({{ list }}) {%- endmacro %}
{% macro spark__each(list) -%} explode({{ list }}) {%- endmacro %}

{# The same, and one row with null where the list is empty or null. #}
{% macro each_or_null(list) -%} {{ return(adapter.dispatch('each_or_null', 'groundswell')(list)) }} {%- endmacro %}
{% macro default__each_or_null(list) -%}
    unnest(case when len({{ list }}) > 0 then {{ list }} else [null] end)
{%- endmacro %}
{% macro spark__each_or_null(list) -%} explode_outer({{ list }}) {%- endmacro %}

{# An ISO 8601 text as a naive timestamp in UTC; null where it is none. A text without offset is UTC. #}
{% macro utc_time(text) -%} {{ return(adapter.dispatch('utc_time', 'groundswell')(text)) }} {%- endmacro %}
{% macro default__utc_time(text) -%}
    case
        when isfinite(try_cast({{ text }} as timestamp with time zone))
            then make_timestamp(epoch_us(try_cast({{ text }} as timestamp with time zone)))
    end
{%- endmacro %}
{% macro spark__utc_time(text) -%} to_utc_timestamp(try_cast({{ text }} as timestamp), 'UTC') {%- endmacro %}

{# Seconds since 1970, as a text or a number, as a naive timestamp in UTC; null where it is none. #}
{% macro unix_time(seconds) -%} {{ return(adapter.dispatch('unix_time', 'groundswell')(seconds)) }} {%- endmacro %}
{% macro default__unix_time(seconds) -%}
    case
        when try_cast({{ seconds }} as bigint) between -62135596800 and 253402300799 {#- the years 1 to 9999 #}
            then make_timestamp(try_cast({{ seconds }} as bigint) * 1000000)
    end
{%- endmacro %}
{% macro spark__unix_time(seconds) -%} timestamp_seconds(try_cast({{ seconds }} as bigint)) {%- endmacro %}

{# Tags as a list of texts, from a JSON array or a text separated by ';' or ','. #}
{% macro tag_list(text) -%} {{ return(adapter.dispatch('tag_list', 'groundswell')(text)) }} {%- endmacro %}
{% macro default__tag_list(text) -%}
    list_filter(
        list_transform(
            case
                when {{ text }} like '[%' and json_valid({{ text }}) then json_extract_string({{ text }}, '$[*]')
                else regexp_split_to_array(coalesce({{ text }}, ''), '[;,]')
            end,
            lambda tag: trim(tag)
        ),
        lambda tag: tag <> ''
    )
{%- endmacro %}
{% macro spark__tag_list(text) -%}
    filter(
        transform(
            case
                when {{ text }} like '[%' then from_json({{ text }}, 'array<string>')
                else split(coalesce({{ text }}, ''), '[;,]')
            end,
            tag -> trim(tag)
        ),
        tag -> tag <> ''
    )
{%- endmacro %}

{# Whether a list holds a value. #}
{% macro holds(list, value) -%} {{ return(adapter.dispatch('holds', 'groundswell')(list, value)) }} {%- endmacro %}
{% macro default__holds(list, value) -%} coalesce(list_contains({{ list }}, {{ value }}), false) {%- endmacro %}
{% macro spark__holds(list, value) -%} coalesce(array_contains({{ list }}, {{ value }}), false) {%- endmacro %}

{# Whether a text matches a regular expression. #}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'groundswell')(text, pattern)) }}
{%- endmacro %}
{% macro default__matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}
{% macro spark__matches(text, pattern) -%} {{ text }} rlike '{{ pattern }}' {%- endmacro %}

{# Hours from one timestamp to another, with fractions, to four digits. #}
{% macro hours_between(earlier, later) -%}
    {{ return(adapter.dispatch('hours_between', 'groundswell')(earlier, later)) }}
{%- endmacro %}
{% macro default__hours_between(earlier, later) -%}
    round(epoch({{ later }} - {{ earlier }}) / 3600.0, 4)
{%- endmacro %}
{% macro spark__hours_between(earlier, later) -%}
    round((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 3600e6, 4)
{%- endmacro %}

{# Every hour or day from one timestamp to another, both included, as a list. #}
{% macro moments_between(first, last, unit) -%}
    {{ return(adapter.dispatch('moments_between', 'groundswell')(first, last, unit)) }}
{%- endmacro %}
{% macro default__moments_between(first, last, unit) -%}
    generate_series({{ first }}, {{ last }}, interval 1 {{ unit }})
{%- endmacro %}
{% macro spark__moments_between(first, last, unit) -%}
    sequence({{ first }}, {{ last }}, interval 1 {{ unit }})
{%- endmacro %}

{# The first group of a regular expression in a text; null where it does not match. #}
{% macro first_match(text, pattern) -%}
    {{ return(adapter.dispatch('first_match', 'groundswell')(text, pattern)) }}
{%- endmacro %}
{% macro default__first_match(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}
{% macro spark__first_match(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{# A number that differs when one of the expressions does. #}
{% macro fingerprint(expressions) -%}
    {{ return(adapter.dispatch('fingerprint', 'groundswell')(expressions)) }}
{%- endmacro %}
{% macro default__fingerprint(expressions) -%}
    cast(hash({{ expressions | join(', ') }}) >> 1 as bigint)
{%- endmacro %}
{% macro spark__fingerprint(expressions) -%} xxhash64({{ expressions | join(', ') }}) {%- endmacro %}

{#
Rows of a table whose key is among those of a query; more conditions may follow. DuckDB looks up a few rows of many
by their place: it would read the texts of all of them otherwise.
#}
{% macro rows_among(relation, key, keys) -%}
    {{ return(adapter.dispatch('rows_among', 'groundswell')(relation, key, keys)) }}
{%- endmacro %}
{% macro default__rows_among(relation, key, keys) -%}
    select * from {{ relation }} where {{ key }} in ({{ keys }})
{%- endmacro %}
{% macro duckdb__rows_among(relation, key, keys) -%}
    {#- stand-ins of unit tests have no rowid, and in a full refresh the few are all -#}
    {%- if relation.is_cte or should_full_refresh() -%}
        {{ default__rows_among(relation, key, keys) }}
    {%- else -%}
        select * from {{ relation }} where rowid in (select rowid from {{ relation }} where {{ key }} in ({{ keys }}))
    {%- endif -%}
{%- endmacro %}
