-- Grain: delivery_key that has arrived. What is at the destinations now, and the state a finding was in when it was
-- first told there.
with sent as (
    select
        key as delivery_key,
        {{ json_text('body', '$.finding_key') }} as finding_key,
        {{ json_text('body', '$.content_hash') }} as content_hash,
        {{ json_text('body', '$.external_id') }} as external_id,
        delivery.at as sent_at,
        delivery.seq
    from {{ source('journal', 'delivery') }} as delivery
    where {{ json_text('body', '$.status') }} = 'sent'
),

newest as (
    select *, min(sent_at) over (partition by delivery_key) as first_sent_at
    from sent
    qualify row_number() over (partition by delivery_key order by sent_at desc, seq desc) = 1
),

states as (
    select key as finding_key, {{ json_text('body', '$.state') }} as state, told.at as changed_at,
        told.seq
    from {{ source('journal', 'finding_state') }} as told
),

final as (
    select newest.delivery_key, newest.finding_key, newest.content_hash, newest.external_id, newest.first_sent_at,
        states.state as first_told_state
    from newest
    left join states on states.finding_key = newest.finding_key and states.changed_at <= newest.first_sent_at
    qualify row_number() over (partition by newest.delivery_key order by states.changed_at desc, states.seq desc) = 1
)

select * from final
