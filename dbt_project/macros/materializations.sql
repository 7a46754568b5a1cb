{#
dbt-duckdb's own `table` builds beside the old table, renames twice and drops: some ten statements a model,
for databases where replacing is not atomic. In DuckDB `create or replace table` is one atomic statement, and
an hourly run builds a hundred models. Hooks, grants, indexes and contracts are not used by this project.
Only the adapter duckdb is overridden: other engines keep their own.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- if existing is not none and not existing.is_table %}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif %}
    {%- call statement('main') -%}
        create or replace table {{ target }} as ({{ compiled_code }})
    {%- endcall %}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
