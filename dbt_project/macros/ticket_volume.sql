{#
Dense ticket volume: one row a unit ('hour' or 'day') for every value of every dimension, from the value's first
ticket (or `since`) to the last moment that is judged. A quiet unit is a row with 0. A ticket to which no value
could be given counts under 'unknown', so that every dimension sums to 'all'.
#}
{% macro ticket_volume(unit, since=none) %}
with

facts as (select * from {{ ref('int_ticket_facts') }}),

judged as (
    select min(as_of) as first_as_of, max(as_of) as last_as_of from {{ source('control', 'as_of') }}
),

placed as (
    select
        {{ dbt.date_trunc(unit, 'facts.created_at') }} as moment,
        facts.ticket_id, facts.reporter_key, facts.intent, facts.topic_id, facts.release
    from facts
    cross join judged
    where facts.created_at <= judged.last_as_of
        {%- if since %} and facts.created_at >= {{ since }}{% endif %}
),

members as (
    select moment, ticket_id, reporter_key, 'all' as dimension, 'all' as value from placed
    {%- for dimension, column in [('intent', 'intent'), ('topic', 'topic_id'), ('release', 'release')] %}
    union all
    select moment, ticket_id, reporter_key, '{{ dimension }}', coalesce({{ column }}, 'unknown') from placed
    {%- endfor %}
),

counted as (
    select dimension, value, moment, count(*) as tickets, count(distinct reporter_key) as reporters
    from members
    group by dimension, value, moment
),

spans as (select dimension, value, min(moment) as first_moment from counted group by dimension, value),

spine as (
    select
        spans.dimension,
        spans.value,
        {{ each(moments_between('spans.first_moment', dbt.date_trunc(unit, 'judged.last_as_of'), unit)) }} as moment
    from spans
    cross join judged
),

final as (
    select
        spine.dimension,
        spine.value,
        {% if unit == 'day' %}cast(spine.moment as date){% else %}spine.moment{% endif %} as {{ unit }},
        coalesce(counted.tickets, 0) as tickets,
        coalesce(counted.reporters, 0) as reporters
    from spine
    left join counted
        on spine.dimension = counted.dimension
        and spine.value = counted.value
        and spine.moment = counted.moment
)

select * from final
{% endmacro %}
