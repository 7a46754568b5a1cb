-- Less would be recall given away, more a budget of false alarms that is not kept.
select dimension, sum(budget_share) as shared
from {{ ref('detection_windows') }}
group by dimension
having abs(sum(budget_share) - 1) > 0.0001
