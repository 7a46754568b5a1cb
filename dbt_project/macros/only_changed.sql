{#
For models that keep the rows of tickets from run to run. int_ticket_changes (the common shape) and int_fact_changes
(what counts of a ticket) say of which tickets they are made again:

    pre_hook="{{ drop_changed() }}"     before the model: takes out what will be made again, and what is gone
    {{ only_changed(relation) }}        a relation's rows of the tickets to be made again; all in a full refresh

The runner empties control.tickets_built or control.facts_built before it refreshes a layer in full, so that all
tickets count as changed.
#}
{% macro drop_changed(changes='int_ticket_changes') %}
    {%- set changed = ref(changes) -%}  {# outside the condition, for dbt to see it #}
    {%- if is_incremental() -%}
        delete from {{ this }} where ticket_id in (select ticket_id from {{ changed }})
    {%- endif -%}
{% endmacro %}

{% macro only_changed(relation, changes='int_ticket_changes') -%}
    {{ rows_among(relation, 'ticket_id', 'select ticket_id from ' ~ ref(changes)) }}
{%- endmacro %}

{# The same in a model that is built directly; in a full refresh it does not ask. #}
{% macro facts_changed(relation) -%}
    {%- set changed = ref('int_fact_changes') -%}
    {%- if is_incremental() -%}
        {{ rows_among(relation, 'ticket_id', 'select ticket_id from ' ~ changed) }}
    {%- else -%}
        select * from {{ relation }}
    {%- endif %}
{%- endmacro %}

{#
For models that keep the rows of accounts: those of an account are made again when any of its tickets has changed, has
come to it or has left it, also where only a run that was stopped saw it there.
#}
{% macro drop_accounts_changed() %}
    {%- set changed = ref('int_fact_changes') -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where account_key in ({{ changed_accounts(changed) }})
    {%- endif -%}
{% endmacro %}

{% macro accounts_changed(relation) -%}
    {%- set changed = ref('int_fact_changes') -%}
    {%- if is_incremental() -%}
        {{ rows_among(relation, 'account_key', changed_accounts(changed)) }}
    {%- else -%}
        select * from {{ relation }}
    {%- endif %}
{%- endmacro %}

{% macro changed_accounts(changed) -%}
    select account_key from {{ changed }}
    union
    select built_account_key from {{ changed }}
    union
    select account_key from {{ source('control', 'accounts_pending') }}
{%- endmacro %}
