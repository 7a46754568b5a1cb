-- Grain: one row a KPI: the seven days before the newest moment beside the seven before those.
-- Every volume stands beside the quality that goes with it. The tickets behind `volume`: tickets.sql with the
-- same set, from and to.
with

moment as (select max(as_of) as now from control.as_of),

weeks as (
    select 'this' as week, now - interval 7 day as from_at, now as to_at from moment
    union all
    select 'last', now - interval 14 day, now - interval 7 day from moment
),

created as (
    select 'created' as kpi, week, count(t.ticket_id) as volume, count(distinct t.reporter_key)::double as quality
    from weeks left join marts.fct_tickets as t on t.created_at >= from_at and t.created_at < to_at
    group by week
),

replied as (
    select 'replied' as kpi, week, count(t.ticket_id) as volume, median(t.first_reply_hours) as quality
    from weeks left join marts.fct_tickets as t on t.first_reply_at >= from_at and t.first_reply_at < to_at
    group by week
),

resolved as (
    select 'resolved' as kpi, week, count(t.ticket_id) as volume, median(t.resolution_hours) as quality
    from weeks left join marts.fct_tickets as t on t.resolved_at >= from_at and t.resolved_at < to_at
    group by week
),

turned as (
    select
        week,
        count(distinct ticket_id) filter (turn = 'reopened') as reopened,
        count(distinct ticket_id) filter (turn = 'solved') as solved
    from weeks left join intermediate.int_ticket_turns on occurred_at >= from_at and occurred_at < to_at
    group by week
),

reopened as (
    select 'reopened' as kpi, week, reopened as volume, reopened / nullif(solved, 0)::double as quality from turned
),

rated as (
    select
        'rated' as kpi, week, count(t.ticket_id) as volume,
        count(t.ticket_id) filter (t.satisfaction = 'good') / nullif(count(t.ticket_id), 0)::double as quality
    from weeks left join marts.fct_tickets as t on t.rated_at >= from_at and t.rated_at < to_at
    group by week
),

last_turns as (
    select week, to_at, t.ticket_id, t.created_at, 
        arg_max(turns.turn, (turns.occurred_at, length(turns.event_id), turns.event_id)) as turn
    from weeks
    inner join marts.fct_tickets as t on t.created_at < to_at
    left join intermediate.int_ticket_turns as turns on turns.ticket_id = t.ticket_id and turns.occurred_at < to_at
    group by all
),

waiting as (
    select
        'open' as kpi, week, count(*) as volume,
        median(date_diff('hour', created_at, to_at) / 24.0) as quality
    from last_turns
    where turn is distinct from 'solved'
    group by week
),

together as (
    from created union all from replied union all from resolved union all from reopened union all from rated
    union all from waiting
)

select
    this.kpi,
    this.volume,
    this.volume - last.volume as volume_change,
    (this.volume - last.volume) / nullif(last.volume, 0)::double as volume_change_share,
    this.quality,
    last.quality as quality_before,
    weeks.from_at,
    weeks.to_at
from together as this
inner join weeks on weeks.week = this.week
left join together as last on last.kpi = this.kpi and last.week = 'last'
where this.week = 'this'
