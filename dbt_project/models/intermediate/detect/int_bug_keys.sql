-- Grain: ticket. The key by which a ticket may belong to a bug, the strongest there is:
--   1 issue      an issue of the tracker that the ticket names (and no error signature of its own)
--   2 signature  the normalised error signature, with the version of the rules that made it
--   3 place      page or product area, and symptom (no vague one), of a bug-like ticket
--   4 topic      topic of a bug-like ticket
-- seen_at: from when the ticket was known to have the key.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with facts as (
    select facts.*, coalesce(enriched.error_signature_version, 1) as error_signature_version
    from ({{ facts_changed(ref('int_ticket_facts')) }}) as facts
    left join {{ source('enrich', 'tickets') }} as enriched on enriched.ticket_id = facts.ticket_id
),

first_links as (
    select ticket_id, link, known_at
    from {{ ref('int_ticket_links') }}
    qualify row_number() over (partition by ticket_id order by known_at, link) = 1
),

keyed as (
    select
        facts.ticket_id,
        facts.reporter_key,
        facts.created_at,
        greatest(facts.created_at, facts.known_at) as ticket_seen_at,
        first_links.known_at as link_known_at,
        case
            when facts.error_signature is not null
                then 'signature:' || facts.error_signature_version || ':' || facts.error_signature
            when first_links.link is not null then 'issue:' || first_links.link
            when facts.is_bug_like and facts.symptom is not null and vague.symptom is null
                and coalesce(facts.page_route, facts.product_area) is not null
                then 'place:' || coalesce(facts.page_route, facts.product_area) || ':' || facts.symptom
            when facts.is_bug_like and facts.topic_id is not null then 'topic:' || facts.topic_id
        end as bug_key
    from facts
    left join first_links on first_links.ticket_id = facts.ticket_id
    left join {{ ref('vague_symptoms') }} as vague on vague.symptom = facts.symptom
),

final as (
    select
        ticket_id,
        bug_key,
        case split_part(bug_key, ':', 1)
            when 'issue' then 1 when 'signature' then 2 when 'place' then 3 when 'topic' then 4
        end as tier,
        case split_part(bug_key, ':', 1)
            when 'issue' then 1.0
            when 'signature' then coalesce(signature_kinds.strength, 0.8)
            when 'place' then 0.75
            when 'topic' then 0.45
        end as strength,
        starts_with(bug_key, 'issue:') or coalesce(signature_kinds.is_new_by_appearing, false) as is_new_by_appearing,
        reporter_key,
        created_at,
        case
            when starts_with(bug_key, 'issue:') then greatest(ticket_seen_at, link_known_at) else ticket_seen_at
        end as seen_at
    from keyed
    left join {{ ref('signature_kinds') }} as signature_kinds
        on starts_with(keyed.bug_key, 'signature:') and signature_kinds.kind = split_part(keyed.bug_key, ':', 3)
    where keyed.bug_key is not null
)

select * from final
