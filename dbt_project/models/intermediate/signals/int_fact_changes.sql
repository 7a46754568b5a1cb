-- Grain: one row a ticket of which something that counts has changed since all models were last built
-- (control.facts_built): its rows in the common shape, what was read out of them, its account, its topic's label, the
-- releases. fingerprint is null where the ticket is gone; built_account_key is the account it had then.
with

tickets as (select ticket_id, fingerprint from {{ ref('int_tickets') }}),

enriched as (select ticket_id, content_hash, model_id, topic_id, enriched_at from {{ source('enrich', 'tickets') }}),

topics as (select topic_id, label from {{ source('enrich', 'topics') }}),

accounts as (select ticket_id, account_key from {{ ref('int_ticket_accounts') }}),

built as (select * from {{ source('control', 'facts_built') }}),

releases as (
    select bit_xor({{ fingerprint(['version', 'released_at', 'known_at']) }}) as releases from {{ ref('int_releases') }}
),

current_tickets as (
    select
        tickets.ticket_id,
        accounts.account_key,
        {{ fingerprint([
            'tickets.fingerprint', 'enriched.content_hash', 'enriched.model_id', 'enriched.topic_id',
            'enriched.enriched_at', 'topics.label', 'accounts.account_key', 'releases.releases',
        ]) }} as fingerprint
    from tickets
    left join enriched on tickets.ticket_id = enriched.ticket_id
    left join topics on enriched.topic_id = topics.topic_id
    left join accounts on tickets.ticket_id = accounts.ticket_id
    cross join releases
),

final as (
    select
        coalesce(current_tickets.ticket_id, built.ticket_id) as ticket_id,
        current_tickets.fingerprint,
        current_tickets.account_key,
        built.account_key as built_account_key
    from current_tickets
    full outer join built on current_tickets.ticket_id = built.ticket_id
    where current_tickets.fingerprint is null
        or built.fingerprint is null
        or current_tickets.fingerprint <> built.fingerprint
)

select * from final
