{# Where a person opens an object of Stripe: the Dashboard's page, not the customer's own, which is open to anybody. #}
{% macro dashboard_url(what, relation) -%}
    'https://dashboard.stripe.com/' || case when {{ relation }}.is_live then '' else 'test/' end
    || '{{ what }}/' || {{ relation }}.source_id
{%- endmacro %}
