-- Every dimension of the daily volume sums to the number of tickets that count.
with

judged as (select max(as_of) as last_as_of from {{ source('control', 'as_of') }}),

expected as (
    select count(*) as tickets
    from {{ ref('fct_tickets') }}
    cross join judged
    where created_at <= judged.last_as_of
)

select volume.dimension, sum(volume.tickets) as tickets, max(expected.tickets) as expected
from {{ ref('fct_ticket_volume_daily') }} as volume
cross join expected
group by volume.dimension
having sum(volume.tickets) <> max(expected.tickets)
