{#
dbt-duckdb's own `table` builds beside the old table, renames twice and drops: some ten statements a model,
for databases where replacing is not atomic. In DuckDB `create or replace table` is one atomic statement, and
an hourly run builds a hundred models. Hooks, grants, indexes and constraints are not used by tables of this project;
contracts are (their columns and types are compared as ever).

Its own `incremental` compares columns, which cannot differ here: when a model's file has changed it is built from
nothing. A model with a unique_key (one column) has its new rows replace those of the same key; any other has them
appended, after a hook that takes out what has changed. All of it is one transaction.

Only the adapter duckdb is overridden: other engines keep their own.
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

{% materialization incremental, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set key = config.get('unique_key') -%}
    {%- if existing is not none and not existing.is_table %}
        {%- do adapter.drop_relation(existing) -%}
        {%- set existing = none -%}
    {%- endif %}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        {%- if existing is none or should_full_refresh() -%}
            create or replace table {{ target }} as ({{ compiled_code }})
        {%- elif key -%}
            create or replace temporary table new_rows as ({{ compiled_code }});
            delete from {{ target }} where {{ key }} in (select {{ key }} from new_rows);
            insert into {{ target }} by name (select * from new_rows);
            drop table new_rows
        {%- else -%}
            insert into {{ target }} by name ({{ compiled_code }})
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
