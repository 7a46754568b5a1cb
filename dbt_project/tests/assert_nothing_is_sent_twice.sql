-- What has arrived in this form makes no row again.
select wanted.delivery_key
from (
    select delivery_key, content_hash from {{ ref('publish_linear_issues') }}
    union all
    select delivery_key, content_hash from {{ ref('publish_slack_messages') }}
) as wanted
inner join {{ ref('publish_deliveries') }} as delivered
    on delivered.delivery_key = wanted.delivery_key and delivered.content_hash = wanted.content_hash
