-- From its first hour to its last, a value has a row for every hour: a quiet hour is a row with 0.
select dimension, value, count(*) as hours
from {{ ref('fct_ticket_volume_hourly') }}
group by dimension, value
having count(*) <> {{ dbt.datediff('min(hour)', 'max(hour)', 'hour') }} + 1
