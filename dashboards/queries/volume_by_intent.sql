-- Grain: one row a bucket ($grain: day or week) and group: the seven largest intents of the period and the rest.
-- `members` are the values behind a group, as tickets.sql takes them.
with

daily as (
    select value, day, tickets, date_trunc($grain, day)::date as bucket
    from marts.fct_ticket_volume_daily
    where dimension = 'intent' and day >= date_trunc($grain, (select max(day) from marts.fct_ticket_volume_daily) - ($days::integer - 1))
),

ranked as (
    select value, sum(tickets) as total, row_number() over (order by value = 'unknown', sum(tickets) desc, value) as place
    from daily group by value having sum(tickets) > 0
),

named as (
    select
        ranked.value,
        ranked.place,
        case
            when ranked.value = 'unknown' then 'Not sure'
            when ranked.place <= 7 then coalesce(intents.name, ranked.value)
            else 'Other'
        end as name
    from ranked
    left join seeds.intents as intents on intents.intent = ranked.value
),

groups as (
    select name, min(place) as place, string_agg(value, ',' order by value) as members from named group by name
)

select
    daily.bucket,
    case $grain when 'week' then daily.bucket + 7 else daily.bucket + 1 end as bucket_end,
    named.name,
    case named.name when 'Other' then 98 when 'Not sure' then 99 else groups.place end as place,
    groups.members,
    sum(daily.tickets)::bigint as tickets
from daily
inner join named on named.value = daily.value
inner join groups on groups.name = named.name
group by all
order by daily.bucket, place
