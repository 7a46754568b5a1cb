-- Grain: one row a day, from the first ticket to the last moment that is judged. Definitions: DECISIONLOG.md.
with

facts as (select * from {{ ref('int_ticket_facts') }}),

lifecycle as (select * from {{ ref('int_ticket_lifecycle') }}),

turns as (select * from {{ ref('int_ticket_turns') }}),

judged as (select max(as_of) as last_as_of from {{ source('control', 'as_of') }}),

spine as (
    select
        {{ each(moments_between("date_trunc('day', min(facts.created_at))", "date_trunc('day', max(judged.last_as_of))", 'day')) }} as day
    from facts
    cross join judged
    having min(facts.created_at) <= max(judged.last_as_of)
),

created as (
    select {{ dbt.date_trunc('day', 'created_at') }} as day, count(*) as tickets_created
    from facts
    group by 1
),

replied as (
    select
        {{ dbt.date_trunc('day', 'first_reply_at') }} as day,
        count(*) as first_replies,
        median(first_reply_hours) as first_reply_hours_median
    from lifecycle
    where first_reply_at is not null
    group by 1
),

resolved as (
    select
        {{ dbt.date_trunc('day', 'resolved_at') }} as day,
        count(*) as tickets_resolved,
        median(resolution_hours) as resolution_hours_median
    from lifecycle
    where resolved_at is not null
    group by 1
),

turned as (
    select
        {{ dbt.date_trunc('day', 'occurred_at') }} as day,
        sum(case when turn = 'reopened' then 1 else 0 end) as reopens,
        sum(case when turn = 'reopened' then 1 else -1 end) as backlog_change
    from turns
    group by 1
),

rated as (
    select
        {{ dbt.date_trunc('day', 'rated_at') }} as day,
        count(*) as ratings,
        sum(case when satisfaction = 'good' then 1 else 0 end) as good_ratings
    from lifecycle
    where rated_at is not null
    group by 1
),

final as (
    select
        cast(spine.day as date) as day,
        coalesce(created.tickets_created, 0) as tickets_created,
        coalesce(replied.first_replies, 0) as first_replies,
        round(replied.first_reply_hours_median, 2) as first_reply_hours_median,
        coalesce(resolved.tickets_resolved, 0) as tickets_resolved,
        round(resolved.resolution_hours_median, 2) as resolution_hours_median,
        cast(coalesce(turned.reopens, 0) as bigint) as reopens,
        cast(sum(coalesce(created.tickets_created, 0) + coalesce(turned.backlog_change, 0))
            over (order by spine.day rows unbounded preceding) as bigint) as backlog,
        coalesce(rated.ratings, 0) as ratings,
        cast(coalesce(rated.good_ratings, 0) as bigint) as good_ratings,
        round(cast(rated.good_ratings as double) / rated.ratings, 4) as csat
    from spine
    left join created on spine.day = created.day
    left join replied on spine.day = replied.day
    left join resolved on spine.day = resolved.day
    left join turned on spine.day = turned.day
    left join rated on spine.day = rated.day
)

select * from final
