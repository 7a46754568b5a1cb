-- Grain: one row a ticket whose account is known, with how it is.
with

tickets as (select ticket_id, organization_id, requester_id from {{ ref('int_tickets') }}),

records as (select record_id, account_key from {{ ref('int_account_records') }}),

people as (
    select user_id, lower(email) as email, {{ mail_domain('email') }} as domain
    from {{ ref('int_users') }}
    where email is not null
),

-- Whom the CRM knows by this address, where all it knows are of one account.
contacts as (
    select contacts.email, min(records.account_key) as account_key
    from {{ ref('int_contacts') }} as contacts
    inner join records on contacts.crm_account_id = records.record_id
    where contacts.email is not null
    group by contacts.email
    having count(distinct records.account_key) = 1
),

-- Mail domains that one account alone has.
domains as (
    select evidence.value as domain, min(records.account_key) as account_key
    from {{ ref('int_account_evidence') }} as evidence
    inner join records on evidence.record_id = records.record_id
    where evidence.kind = 'domain'
    group by evidence.value
    having count(distinct records.account_key) = 1
),

final as (
    select
        tickets.ticket_id,
        coalesce(records.account_key, contacts.account_key, domains.account_key) as account_key,
        case
            when records.account_key is not null then 'organization'
            when contacts.account_key is not null then 'contact'
            else 'domain'
        end as method
    from tickets
    left join records on tickets.organization_id = records.record_id
    left join people on tickets.requester_id = people.user_id
    left join contacts on people.email = contacts.email
    left join domains on people.domain = domains.domain
    where coalesce(records.account_key, contacts.account_key, domains.account_key) is not null
)

select * from final
