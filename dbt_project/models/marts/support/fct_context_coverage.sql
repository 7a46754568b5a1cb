-- Grain: one row a month and kind of context: for how many tickets we know it.
with

facts as (select * from {{ ref('int_ticket_facts') }}),

counted as (
    {%- for context, condition in [
        ('account', 'account_key is not null'),
        ('intent', 'intent is not null'),
        ('topic', 'topic_id is not null'),
        ('stated release', "release_source = 'stated'"),
        ('page', 'page_route is not null'),
        ('error signature', 'error_signature is not null'),
        ('language', 'language is not null'),
    ] %}
    select
        cast({{ dbt.date_trunc('month', 'created_at') }} as date) as month,
        '{{ context }}' as context,
        count(*) as tickets,
        cast(sum(case when {{ condition }} then 1 else 0 end) as bigint) as known
    from facts
    group by 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select month, context, tickets, known, round(cast(known as double) / tickets, 4) as share
    from counted
)

select * from final
