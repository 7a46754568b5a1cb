-- Grain: as_of x finding_key x ticket. The evidence of each finding: the tickets of its candidates, each once and for the
-- strongest reason, of the current episode.
with tickets as (
    select
        keys.as_of, keys.finding_key, members.candidate_key, members.ticket_id, members.reason, members.strength
    from {{ ref('int_candidate_tickets') }} as members
    inner join {{ ref('int_candidate_findings') }} as keys
        on keys.as_of = members.as_of and keys.candidate_key = members.candidate_key
    qualify row_number() over (
        partition by keys.as_of, keys.finding_key, members.ticket_id
        order by members.strength desc, members.candidate_key
    ) = 1
),

final as (
    select
        tickets.as_of, tickets.finding_key, tickets.ticket_id, tickets.reason, tickets.strength,
        facts.created_at, facts.reporter_key, facts.account_key, facts.source
    from tickets
    inner join {{ ref('int_finding_episodes') }} as episodes
        on episodes.as_of = tickets.as_of and episodes.finding_key = tickets.finding_key
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = tickets.ticket_id
    where episodes.evidence_from is null or facts.created_at > episodes.evidence_from
)

select * from final
