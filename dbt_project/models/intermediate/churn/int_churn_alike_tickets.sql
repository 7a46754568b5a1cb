-- Grain: ticket x earlier ticket of its account that is about the same.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_accounts_changed() }}") }}

with tickets as (
    select
        ticket_id, account_key, created_at, greatest(created_at, known_at) as seen_at, error_signature, error_code,
        topic_id, topic_label, intent, product_area, symptom, source_ticket_id,
        concat_ws(' ', title, clean_text) as words
    from ({{ accounts_changed(ref('int_ticket_facts')) }}) as facts
    where account_key is not null
),

-- Tickets that a text names: `#` and digits, or `#` and an id of letters, digits, dashes and underscores.
named as (
    select
        ticket_id, account_key,
        unnest(list_distinct(list_concat(
            regexp_extract_all(words, '#([0-9]+)', 1),
            regexp_extract_all(words, '#([0-9A-Za-z_-]*[0-9A-Za-z])', 1)
        ))) as source_ticket_id
    from tickets
    where contains(words, '#')
),

-- The same issue: both have the error signature, or the topic; the customer names the earlier ticket; or both have the
-- intent with its product area and the symptom. A join each, on equal values, strongest reason first.
pairs as (
    select
        again.ticket_id, earlier.ticket_id as earlier_id, 1 as place,
        coalesce(again.error_code, 'the same error') as subject
    from tickets as again
    inner join tickets as earlier
        on earlier.account_key = again.account_key and earlier.error_signature = again.error_signature
    union all
    select again.ticket_id, earlier.ticket_id, 2, coalesce(again.topic_label, 'the same topic')
    from tickets as again
    inner join tickets as earlier on earlier.account_key = again.account_key and earlier.topic_id = again.topic_id
    union all
    select named.ticket_id, earlier.ticket_id, 3, 'it names #' || earlier.source_ticket_id
    from named
    inner join tickets as earlier
        on earlier.account_key = named.account_key and earlier.source_ticket_id = named.source_ticket_id
    union all
    select
        again.ticket_id, earlier.ticket_id, 4,
        replace(again.symptom, '_', ' ') || ', ' || replace(again.intent, '_', ' ')
    from tickets as again
    inner join tickets as earlier
        on earlier.account_key = again.account_key
        and earlier.intent = again.intent
        and earlier.product_area = again.product_area
        and earlier.symptom = again.symptom
    left join {{ ref('vague_symptoms') }} as vague on vague.symptom = again.symptom
    where vague.symptom is null
),

final as (
    select
        again.account_key,
        again.ticket_id,
        again.seen_at,
        again.created_at as again_at,
        pairs.earlier_id,
        earlier.created_at,
        pairs.subject
    from pairs
    inner join tickets as again on again.ticket_id = pairs.ticket_id
    inner join tickets as earlier
        on earlier.ticket_id = pairs.earlier_id
        and earlier.created_at < again.created_at
        and earlier.seen_at <= again.seen_at
    qualify row_number() over (partition by pairs.ticket_id, pairs.earlier_id order by pairs.place) = 1
)

select * from final
