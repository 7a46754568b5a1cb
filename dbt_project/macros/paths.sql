{# Lists of what was done, in order. #}

{# A list of lists of texts, rows of a group in an order, as one list. #}
{% macro joined_lists(list, ordering) -%}
    {{ return(adapter.dispatch('joined_lists', 'groundswell')(list, ordering)) }}
{%- endmacro %}
{% macro default__joined_lists(list, ordering) -%} flatten(list({{ list }} order by {{ ordering }})) {%- endmacro %}
{% macro spark__joined_lists(list, ordering) -%}
    flatten(transform(sort_array(collect_list(struct({{ ordering }}, {{ list }} as said))), row -> row.said))
{%- endmacro %}

{# The list with each run of one value as one value. #}
{% macro without_repeats(list) -%}
    {{ return(adapter.dispatch('without_repeats', 'groundswell')(list)) }}
{%- endmacro %}
{% macro default__without_repeats(list) -%}
    list_filter({{ list }}, lambda value, place: place = 1 or {{ list }}[place - 1] <> value)
{%- endmacro %}
{% macro spark__without_repeats(list) -%}
    filter({{ list }}, (value, place) -> place = 0 or {{ list }}[place - 1] <> value)
{%- endmacro %}

{# The list with each value at its first place alone. #}
{% macro first_places(list) -%} {{ return(adapter.dispatch('first_places', 'groundswell')(list)) }} {%- endmacro %}
{% macro default__first_places(list) -%}
    list_filter({{ list }}, lambda value, place: list_position({{ list }}, value) = place)
{%- endmacro %}
{% macro spark__first_places(list) -%} array_distinct({{ list }}) {%- endmacro %}

{#
One end of Wilson's score interval at 95% for a share of hits among n (E. B. Wilson, JASA 22, 1927), to four digits;
sign is - for the lower end and + for the upper. Null where n is 0.
#}
{% macro wilson(hits, n, sign) -%}
    {%- set z = 1.959964 -%}
    round((
        ({{ hits }} * 1.0 / nullif({{ n }}, 0)) + {{ z * z / 2 }} / nullif({{ n }}, 0)
        {{ sign }} {{ z }} * sqrt(
            ({{ hits }} * 1.0 / nullif({{ n }}, 0)) * (1 - {{ hits }} * 1.0 / nullif({{ n }}, 0)) / nullif({{ n }}, 0)
            + {{ z * z / 4 }} / (nullif({{ n }}, 0) * nullif({{ n }}, 0))
        )
    ) / (1 + {{ z * z }} / nullif({{ n }}, 0)), 4)
{%- endmacro %}
