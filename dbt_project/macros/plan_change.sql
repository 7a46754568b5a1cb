{#
upgraded or downgraded, null where it is neither: another plan by its rank, else by what it costs a month; the same plan
by its seats. Another price or interval of the same plan is no change. Reads plan, plan_rank, quantity and
monthly_amount of `relation`, and the same with _before.
#}
{% macro plan_change(relation) -%}
    case
        when {{ relation }}.plan <> {{ relation }}.plan_before then
            case
                when {{ relation }}.plan_rank > {{ relation }}.plan_rank_before then 'upgraded'
                when {{ relation }}.plan_rank < {{ relation }}.plan_rank_before then 'downgraded'
                when {{ relation }}.monthly_amount > {{ relation }}.monthly_amount_before then 'upgraded'
                when {{ relation }}.monthly_amount < {{ relation }}.monthly_amount_before then 'downgraded'
            end
        when {{ relation }}.quantity > {{ relation }}.quantity_before then 'upgraded'
        when {{ relation }}.quantity < {{ relation }}.quantity_before then 'downgraded'
    end
{%- endmacro %}
