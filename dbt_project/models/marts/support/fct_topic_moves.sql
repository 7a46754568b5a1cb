-- Grain: one row a move of a ticket from one topic to another, or in or out of all.
with

moves as (select * from {{ source('enrich', 'topic_moves') }}),

topics as (select * from {{ source('enrich', 'topics') }}),

final as (
    select
        moves.ticket_id,
        moves.from_topic_id,
        origins.label as from_label,
        moves.to_topic_id,
        targets.label as to_label,
        moves.reason,
        moves.at as moved_at
    from moves
    left join topics as origins on moves.from_topic_id = origins.topic_id
    left join topics as targets on moves.to_topic_id = targets.topic_id
)

select * from final
