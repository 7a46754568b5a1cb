{#
A company's name as it is compared: lower case, without accents, punctuation, spaces and its legal form at the end.
'Bäcker & Söhne GmbH' and 'Backer and Sohne' are the same.
#}
{% macro name_key(name) -%} {{ return(adapter.dispatch('name_key', 'groundswell')(name)) }} {%- endmacro %}
{% macro default__name_key(name) -%}
    {%- set forms = [
        'ab', 'ag', 'aps', 'as', 'asa', 'a s', 'bv', 'b v', 'bvba', 'co', 'company', 'corp', 'corporation', 'eg', 'ev',
        'ges m b h', 'gesmbh', 'gmbh', 'inc', 'incorporated', 'k k', 'kabushiki kaisha', 'kg', 'kgaa', 'kk',
        'limitada', 'limited', 'llc', 'llp', 'lp', 'ltd', 'ltda', 'mbh', 'nv', 'n v', 'ohg', 'oy', 'oyj', 'plc',
        'private limited', 'pte', 'pty', 'pvt', 's a', 's a de c v', 's a r l', 's a s', 's l', 's l u', 's p a',
        's r l', 'sa', 'sa de cv', 'sarl', 'sas', 'sasu', 'se', 'sl', 'slu', 'sp z o o', 'spa', 'srl', 'ug'
    ] -%}
    nullif(replace(regexp_replace(
        trim(regexp_replace(
            strip_accents(lower(replace(replace({{ name }}, '&', ' and '), 'ß', 'ss'))), '[^\p{L}\p{N}]+', ' ', 'g'
        )),
        '(( and)? ({{ forms | join('|') }}))+$', ''
    ), ' ', ''), '')
{%- endmacro %}

{# The domain of a mail address in lower case; null where it has none. #}
{% macro mail_domain(email) -%} nullif(lower(split_part({{ email }}, '@', 2)), '') {%- endmacro %}

{#
What an amount for a period comes to in a year. Periods of whole months or years, as long as the calendar makes them,
count by the month: 12 months' worth of January and of February are the same. Others count by the day.
#}
{% macro annualised(amount, start, end, interval) -%}
    {%- set days -%} date_diff('day', {{ start }}, {{ end }}) {%- endset -%}
    {%- set months -%} greatest(1, cast(round({{ days }} / 30.4375) as integer)) {%- endset -%}
    case
        when {{ interval }} in ('month', 'year') and abs({{ days }} - {{ months }} * 30.4375) <= 3
            then cast({{ amount }} * 12 / {{ months }} as decimal(18, 2))
        else cast({{ amount }} * 365 / greatest(1, {{ days }}) as decimal(18, 2))
    end
{%- endmacro %}
