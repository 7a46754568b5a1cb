{# How numbers are written in sentences. #}

{# A day: 3 March 2026. #}
{% macro day_words(moment) -%} strftime({{ moment }}, '%-d %B %Y') {%- endmacro %}

{# An amount with its currency: 12,480 USD; with cents where it has any. #}
{% macro money_words(amount, currency) -%}
    case
        when {{ amount }} = round({{ amount }}, 0) then format('{:,}', cast({{ amount }} as bigint))
        else format('{:,.2f}', cast({{ amount }} as double))
    end || coalesce(' ' || upper({{ currency }}), '')
{%- endmacro %}

{# A sentiment, -1 to 1, to one digit; adding zero takes the sign off a zero. #}
{% macro sentiment_words(value) -%} format('{:.1f}', round({{ value }}, 1) + 0.0) {%- endmacro %}

{# 1 ticket, 2 tickets. #}
{% macro counted(number, noun) -%}
    {{ number }} || case when {{ number }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}

{# Whole days from one moment to another. #}
{% macro days_between(earlier, later) -%} cast(floor(epoch({{ later }} - {{ earlier }}) / 86400) as integer) {%- endmacro %}
