{#
dbt-duckdb's own `table` builds beside the old table, renames twice and drops: some ten statements a model,
for databases where replacing is not atomic. In DuckDB `create or replace table` is one atomic statement, and
an hourly run builds a hundred models. Hooks, grants, indexes and constraints are not used by tables of this project;
contracts are (their columns and types are compared as ever). Only the adapter duckdb is overridden: other engines
keep their own.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {%- if existing is not none and not existing.is_table %}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif %}
    {%- if has_contract -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace table {{ target }} as (
            {{ get_select_subquery(compiled_code) if has_contract else compiled_code }}
        )
    {%- endcall %}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
