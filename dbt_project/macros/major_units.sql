{#
An amount in minor units (cents, as Stripe counts) as a decimal in major units. Most currencies have 100 of them in one;
some have none, some 1000 (docs.stripe.com/currencies). ISK and UGX have none any more, but Stripe still counts two
decimals for them. `scale` is the number of decimals to keep: 2 for money, more for the price of one small unit.
#}
{% macro major_units(amount, currency, scale=2) -%}
    try_cast(
        try_cast({{ amount }} as decimal(24, 6)) * case
            when lower({{ currency }}) in (
                'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'
            ) then 1.000
            when lower({{ currency }}) in ('bhd', 'jod', 'kwd', 'omr', 'tnd') then 0.001
            else 0.010
        end as decimal(18, {{ scale }})
    )
{%- endmacro %}
