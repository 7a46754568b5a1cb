{#
P(X >= observed) for a negative binomial with the given mean and overdispersion (variance = mean + overdispersion * mean^2):

    P(X = i) = gamma(i + k) / (gamma(k) i!) * (k / (k + mean))^k * (mean / (k + mean))^i     with k = 1 / overdispersion

(Hilbe, Negative Binomial Regression, 2nd ed., eq. 8.9; NB2). The terms from `observed` upwards are summed: they fall
from there on, so a tail of 1e-12 is as exact as one of 0.1. Only meant for observed > mean.
#}
{% macro nb_upper_tail(observed, mean, overdispersion) -%}
    {{ return(adapter.dispatch('nb_upper_tail', 'groundswell')(observed, mean, overdispersion)) }}
{%- endmacro %}
{% macro default__nb_upper_tail(observed, mean, overdispersion) -%}
    least(1.0, list_sum(list_transform(
        range(
            cast({{ observed }} as bigint),
            cast({{ observed }} as bigint) + 60
            + cast(ceil(12 * sqrt({{ mean }} + ({{ overdispersion }}) * ({{ mean }}) * ({{ mean }}))) as bigint)
        ),
        lambda i: {{ nb_probability('i', mean, overdispersion) }}
    )))
{%- endmacro %}

{# P(X = i): one term of it. #}
{% macro nb_probability(i, mean, overdispersion) -%}
    exp(
        lgamma({{ i }} + 1.0 / ({{ overdispersion }})) - lgamma(1.0 / ({{ overdispersion }})) - lgamma({{ i }} + 1.0)
        - ln(1 + ({{ overdispersion }}) * ({{ mean }})) / ({{ overdispersion }})
        + {{ i }} * ln(({{ overdispersion }}) * ({{ mean }}) / (1 + ({{ overdispersion }}) * ({{ mean }})))
    )
{%- endmacro %}

{# A float to three significant digits: the same on every run and machine. #}
{% macro significant(value) -%}
    {{ return(adapter.dispatch('significant', 'groundswell')(value)) }}
{%- endmacro %}
{% macro default__significant(value) -%} cast(format('{:.2e}', {{ value }}) as double) {%- endmacro %}

{# Expected share of a week's usual tickets until a moment: needs the row of int_detect_hours the moment lies in. #}
{% macro exposure_at(hours, moment) -%}
    (
        {{ hours }}.exposure_before
        + cast({{ hours }}.weight * (epoch({{ moment }}) - epoch({{ hours }}.hour)) / 3600.0 as decimal(18, 8))
    )
{%- endmacro %}
