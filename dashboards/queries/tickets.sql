-- Grain: one row a ticket of a set. $set says which of its moments lies in [$from_at, $to_at); `open` is everything
-- unsolved at $to_at, whenever it came. $intent and $topic are comma-separated values, `unknown` for tickets without one.
select
    t.ticket_id, t.url, t.title, t.created_at, t.status, t.intent, intents.name as intent_name, t.intent_confidence,
    t.topic_label, t.release, t.error_code, t.organization_name, t.language, t.first_reply_hours,
    t.resolution_hours, t.satisfaction, t.quote
from marts.fct_tickets as t
left join seeds.intents as intents on intents.intent = t.intent
where (
    ($set = 'created' and t.created_at >= $from_at and t.created_at < $to_at)
    or ($set = 'replied' and t.first_reply_at >= $from_at and t.first_reply_at < $to_at)
    or ($set = 'resolved' and t.resolved_at >= $from_at and t.resolved_at < $to_at)
    or ($set = 'rated' and t.rated_at >= $from_at and t.rated_at < $to_at)
    or ($set = 'reopened' and t.ticket_id in (
        select ticket_id from intermediate.int_ticket_turns
        where turn = 'reopened' and occurred_at >= $from_at and occurred_at < $to_at))
    or ($set = 'open' and t.created_at < $to_at and t.ticket_id not in (
        select ticket_id from intermediate.int_ticket_turns
        where occurred_at < $to_at
        group by ticket_id
        having arg_max(turn, (occurred_at, length(event_id), event_id)) = 'solved'))
)
    and ($intent is null or list_contains(string_split($intent, ','), coalesce(t.intent, 'unknown')))
    and ($topic is null or list_contains(string_split($topic, ','), coalesce(t.topic_id, 'unknown')))
    and ($release is null or coalesce(t.release, 'unknown') = $release)
    and ($words is null or contains(lower(concat_ws(' ', t.ticket_id, t.title, t.quote, t.error_code)), lower($words)))
order by t.created_at desc, t.ticket_id
