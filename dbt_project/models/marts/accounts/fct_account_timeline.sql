-- Grain: one row a thing in the story of an account: a ticket, an event in billing or the CRM, a finding that was told,
-- a sign of its warning of now.
with

tickets as (select * from {{ ref('int_ticket_facts') }} where account_key is not null),

events as (select * from {{ ref('int_account_events') }}),

-- When a finding first went out, to wherever.
told as (
    select {{ json_text('body', '$.finding_key') }} as finding_key, min(delivery.at) as told_at
    from {{ source('journal', 'delivery') }} as delivery
    where {{ json_text('body', '$.status') }} = 'sent'
    group by 1
),

findings as (
    select finding_key, candidate_key, kind, title, tracker_url
    from {{ ref('fct_findings') }}
    qualify row_number() over (partition by finding_key order by as_of desc) = 1
),

signs as (
    select * from {{ ref('fct_churn_signals') }}
    where as_of = (select max(as_of) from {{ source('control', 'as_of') }})
),

concerned as (
    select distinct evidence.finding_key, tickets.account_key
    from {{ ref('fct_finding_evidence') }} as evidence
    inner join tickets on evidence.ticket_id = tickets.ticket_id
    union
    select finding_key, substr(candidate_key, 7) from findings where kind = 'churn'
),

unioned as (
    select
        account_key,
        created_at as "at",
        'ticket' as what,
        'Ticket: ' || coalesce(title, 'without a title') as text,
        cast(null as decimal(18, 2)) as amount,
        cast(null as {{ dbt.type_string() }}) as currency,
        ticket_id as record_id,
        url,
        'helpdesk' as system
    from tickets
    union all
    select
        account_key,
        occurred_at,
        kind,
        case kind
            when 'customer_created' then 'Known to billing'
            when 'trial_started' then 'Trial' || coalesce(' of ' || plan_after, '') || ' started'
            when 'trial_ended' then 'Trial ended'
            when 'subscribed' then 'Subscribed' || coalesce(' to ' || plan_after, '')
            when 'upgraded'
                then case when plan_before = plan_after then 'Took more of ' || plan_after
                    else 'Upgraded' || coalesce(' from ' || plan_before, '') || coalesce(' to ' || plan_after, '') end
            when 'downgraded'
                then case when plan_before = plan_after then 'Took less of ' || plan_after
                    else 'Downgraded' || coalesce(' from ' || plan_before, '') || coalesce(' to ' || plan_after, '') end
            when 'proration' then 'Billed for a change in mid-period'
            when 'invoice_paid' then 'Invoice paid'
            when 'payment_failed' then 'Payment failed'
            when 'payment_recovered' then 'Payment made good after it had failed'
            when 'past_due' then 'Payment past due'
            when 'invoice_uncollectible' then 'Invoice given up as uncollectible'
            when 'invoice_voided' then 'Invoice voided'
            when 'refunded' then 'Refunded'
            when 'cancel_requested' then 'Cancellation asked for'
            when 'canceled' then 'Subscription' || coalesce(' to ' || plan_before, '') || ' ended'
            when 'renewed' then 'Renewed' || coalesce(' ' || plan_after, '')
            when 'deal_won' then 'Deal won' || coalesce(': ' || plan_after, '')
            when 'deal_lost' then 'Deal lost' || coalesce(': ' || plan_after, '')
            when 'owner_changed'
                then 'Owner changed' || coalesce(' from ' || plan_before, '') || coalesce(' to ' || plan_after, '')
            else replace(kind, '_', ' ')
        end,
        amount,
        currency,
        record_id,
        url,
        case when billing_customer_id is null then 'crm' else 'billing' end
    from events
    union all
    select
        account_key, fired_at, 'warning_sign', 'Warning sign: ' || rule_name, null, null, finding_key, null,
        'groundswell'
    from signs
    union all
    select
        concerned.account_key,
        told.told_at,
        'finding',
        -- the title of a warning changes with its signs; those stand in rows of their own
        case when findings.kind = 'churn' then 'Warned that it may leave' else 'Finding told: ' || findings.title end,
        null, null, findings.finding_key, findings.tracker_url, 'groundswell'
    from findings
    inner join told on findings.finding_key = told.finding_key
    inner join concerned on findings.finding_key = concerned.finding_key
),

-- What billing tells in the same second has an order all the same: a trial ends, then it is paid for.
final as (
    select
        *,
        cast(row_number() over (
            partition by account_key
            order by
                "at",
                list_position([
                    'customer_created', 'trial_started', 'cancel_requested', 'trial_ended', 'deal_won', 'subscribed',
                    'renewed', 'upgraded', 'downgraded', 'proration', 'invoice_paid', 'payment_failed', 'past_due',
                    'payment_recovered', 'invoice_uncollectible', 'invoice_voided', 'refunded', 'canceled', 'deal_lost',
                    'owner_changed', 'ticket', 'warning_sign', 'finding'
                ], what) nulls last,
                record_id,
                text
        ) as integer) as place
    from unioned
)

select * from final
