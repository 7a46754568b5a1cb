-- Grain: one row a week, from its Monday, and kind of context: for how many tickets we know it.
with

facts as (select * from {{ ref('int_ticket_facts') }}),

accounts as (select * from {{ ref('fct_ticket_context') }}),

judged as (select max(as_of) as last_as_of from {{ source('control', 'as_of') }}),

known as (
    select
        cast({{ dbt.date_trunc('week', 'facts.created_at') }} as date) as week,
        facts.account_key is not null as account,
        accounts.plan is not null as plan,
        accounts.arr_reporting is not null as arr,
        accounts.tier is not null as tier,
        facts.page_route is not null as page,
        facts.release is not null as release,
        coalesce(facts.release_source = 'stated', false) as "stated release",
        facts.intent is not null as intent,
        facts.topic_id is not null as topic,
        facts.error_signature is not null as "error signature",
        facts.language is not null as language
    from facts
    left join accounts on facts.ticket_id = accounts.ticket_id
),

contexts as (
    {%- for context in [
        'account', 'plan', 'arr', 'tier', 'page', 'release', 'stated release', 'intent', 'topic', 'error signature',
        'language'
    ] %}
    select week, '{{ context }}' as context, count(*) as tickets, count(*) filter ("{{ context }}") as known
    from known
    group by week
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        contexts.week,
        contexts.context,
        contexts.tickets,
        contexts.known,
        round(cast(contexts.known as double) / contexts.tickets, 4) as share,
        contexts.week + interval '7' day <= judged.last_as_of as is_complete
    from contexts
    cross join judged
)

select * from final
