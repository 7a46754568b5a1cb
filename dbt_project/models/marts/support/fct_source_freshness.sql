-- Grain: one row a configured source.
with

sources as (select * from {{ source('control', 'sources') }}),

tickets as (select * from {{ ref('int_tickets') }}),

judged as (select max(as_of) as last_as_of from {{ source('control', 'as_of') }}),

counted as (
    select source, count(*) as tickets, max(created_at) as newest_ticket_at from tickets group by source
),

final as (
    select
        sources.source,
        sources.type,
        sources.last_pulled_at,
        sources.last_ok_at,
        {{ hours_between('sources.last_ok_at', 'judged.last_as_of') }} as hours_since_ok,
        sources.is_late,
        sources.is_bad,
        sources.reason,
        coalesce(counted.tickets, 0) as tickets,
        counted.newest_ticket_at
    from sources
    cross join judged
    left join counted on sources.source = counted.source
)

select * from final
