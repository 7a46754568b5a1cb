-- Grain: one row a ticket that counts: what was so of its account when it was created, and where in the product it was.
with

tickets as (select * from {{ ref('int_ticket_facts') }}),

methods as (select ticket_id, method from {{ ref('int_ticket_accounts') }}),

facts as (
    {{ account_facts(
        '(select account_key, created_at as moment from ' ~ ref('int_ticket_facts') ~ ' where account_key is not null)',
        'valid'
    ) }}
),

final as (
    select
        tickets.ticket_id,
        tickets.created_at,
        tickets.account_key,
        facts.name as account_name,
        methods.method as account_method,
        facts.tier,
        facts.segment,
        facts.plan,
        facts.arr,
        facts.currency,
        facts.arr_reporting,
        facts.tenure_days,
        facts.is_trial,
        facts.has_open_failed_payment as has_failed_payment,
        facts.is_past_due,
        facts.has_downgraded,
        facts.days_to_renewal,
        facts.owner_name,
        tickets.release,
        tickets.page_route
    from tickets
    left join methods on tickets.ticket_id = methods.ticket_id
    left join facts on tickets.account_key = facts.account_key and tickets.created_at = facts.moment
)

select * from final
