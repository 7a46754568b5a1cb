-- Grain: as_of x finding_key x ticket_id. The tickets behind every finding: as many as it says.
with findings as (
    select as_of, finding_key from {{ ref('fct_findings') }}
),

tickets as (
    select * from {{ ref('int_finding_tickets') }}
),

facts as (
    select ticket_id, quote, url, title from {{ ref('int_ticket_facts') }}
),

final as (
    select
        tickets.as_of,
        tickets.finding_key,
        tickets.ticket_id,
        tickets.reason,
        cast(tickets.strength as double) as strength,
        coalesce(facts.quote, facts.title) as quote,
        facts.url,
        tickets.created_at,
        tickets.reporter_key
    from tickets
    inner join findings on findings.as_of = tickets.as_of and findings.finding_key = tickets.finding_key
    inner join facts on facts.ticket_id = tickets.ticket_id
)

select * from final
