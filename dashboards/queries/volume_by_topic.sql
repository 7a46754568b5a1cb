-- Grain: one row a bucket ($grain: day or week) and topic: the twelve topics with most tickets in the period.
with

daily as (
    select value as topic_id, tickets, date_trunc($grain, day)::date as bucket
    from marts.fct_ticket_volume_daily
    where dimension = 'topic' and value <> 'unknown'
        and day >= date_trunc($grain, (select max(day) from marts.fct_ticket_volume_daily) - ($days::integer - 1))
),

ranked as (
    select topic_id, sum(tickets)::bigint as total
    from daily group by topic_id having sum(tickets) > 0
    order by total desc, topic_id limit 12
)

select
    daily.bucket,
    case $grain when 'week' then daily.bucket + 7 else daily.bucket + 1 end as bucket_end,
    daily.topic_id,
    coalesce(topics.label, daily.topic_id) as name,
    ranked.total,
    sum(daily.tickets)::bigint as tickets
from daily
inner join ranked on ranked.topic_id = daily.topic_id
left join marts.dim_topics as topics on topics.topic_id = daily.topic_id
group by all
order by ranked.total desc, daily.topic_id, daily.bucket
