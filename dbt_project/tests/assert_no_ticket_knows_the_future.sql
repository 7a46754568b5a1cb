-- What stands beside a ticket was so when it was created: its plan was billed by then, its billing events had happened.
select tickets.ticket_id
from {{ ref('fct_ticket_context') }} as tickets
left join {{ ref('int_account_plans') }} as plans
    on tickets.account_key = plans.account_key
    and tickets.plan = plans.plan
    and plans.valid_from <= tickets.created_at
where tickets.plan is not null and plans.account_key is null
union all
select events.ticket_id
from {{ ref('fct_ticket_billing_events') }} as events
inner join {{ ref('int_ticket_facts') }} as tickets on events.ticket_id = tickets.ticket_id
where events.occurred_at > tickets.created_at
