-- Grain: as_of x finding_key. State, confidence and its parts, before findings that another explains are left out.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

candidates as (
    select candidates.*, keys.finding_key
    from {{ ref('int_candidates') }} as candidates
    inner join {{ ref('int_candidate_findings') }} as keys
        on keys.as_of = candidates.as_of and keys.candidate_key = candidates.candidate_key
    qualify row_number() over (
        partition by candidates.as_of, keys.finding_key
        order by candidates.specificity, candidates.ended_at desc, candidates.candidate_key
    ) = 1
),

mutes as (
    select
        moments.as_of,
        mute.key as finding_key,
        coalesce({{ json_text('mute.body', '$.muted') }}, 'true') = 'true'
        and coalesce({{ utc_time(json_text('mute.body', '$.until')) }} > moments.as_of, true) as is_muted
    from {{ source('journal', 'mute') }} as mute
    inner join {{ source('control', 'as_of') }} as moments on mute.at <= moments.as_of
    qualify row_number() over (partition by moments.as_of, mute.key order by mute.at desc, mute.seq desc) = 1
),

named_issues as (
    -- an issue of our own tracker that the tickets name: the bug is known there already
    select 'issue:linear:' || identifier as value, issue_id, url, completed_at, canceled_at, is_duplicate, known_at
    from {{ ref('int_tracker_issues') }}
),

earlier_spells as (
    -- tickets of the bug long before those of now
    select
        candidates.as_of, candidates.finding_key,
        max(spells.created_at) as earlier_ended_at
    from candidates
    cross join policy
    inner join {{ ref('int_bug_spells') }} as spells
        on candidates.kind = 'bug'
        and spells.bug_key = candidates.value
        and spells.created_at < candidates.onset_at
        and spells.seen_at <= candidates.as_of
    group by candidates.as_of, candidates.finding_key, candidates.onset_at, policy.spell_gap_days
    having max(spells.created_at) < candidates.onset_at - to_days(cast(policy.spell_gap_days as integer))
),

returns as (
    select spells.as_of, spells.finding_key
    from earlier_spells as spells
    inner join candidates on candidates.as_of = spells.as_of and candidates.finding_key = spells.finding_key
    inner join {{ ref('int_releases') }} as releases
        on releases.released_at > spells.earlier_ended_at and releases.released_at <= candidates.onset_at
    where candidates.gate <> 'new' and starts_with(candidates.value, 'signature:')
    group by all
),

joined as (
    select
        candidates.*,
        episodes.episode,
        episodes.has_regressed,
        episodes.evidence_from,
        coalesce(episodes.issue_id, named.issue_id) as issue_id,
        episodes.issue_id is null and named.issue_id is not null as is_named_issue,
        coalesce(episodes.tracker_url, named.url) as tracker_url,
        coalesce(episodes.completed_at, case when named.completed_at <= candidates.as_of then named.completed_at end)
            as completed_at,
        coalesce(episodes.canceled_at, case when named.canceled_at <= candidates.as_of then named.canceled_at end)
            as canceled_at,
        episodes.is_duplicate or coalesce(named.is_duplicate, false) as is_duplicate,
        coalesce(mutes.is_muted, false) as is_muted,
        returns.finding_key is not null as has_returned,
        coalesce(measures.tickets, 0) as tickets,
        -- a warning is about one account, whoever of it wrote, and when nobody did
        case when candidates.kind = 'churn' then 1 else coalesce(measures.reporters, 0) end as reporters,
        case when candidates.kind = 'churn' then 1 else coalesce(measures.accounts, 0) end as accounts,
        coalesce(measures.first_seen_at, candidates.onset_at) as first_seen_at,
        coalesce(case when candidates.kind = 'churn' then candidates.raised_at end, measures.last_seen_at, candidates.ended_at)
            as last_seen_at,
        coalesce(measures.tickets_24h, 0) as tickets_24h,
        coalesce(measures.reporters_24h, 0) as reporters_24h,
        coalesce(measures.tickets_before, 0) as tickets_before,
        measures.mean_strength, measures.first_ticket_id,
        measures.error_signature, measures.error_signature_tickets, measures.error_code,
        case when measures.place_tickets >= policy.mode_share * measures.tickets then measures.place end as place,
        measures.product_area,
        case when measures.symptom_tickets >= policy.mode_share * measures.tickets then measures.symptom end as symptom,
        measures.topic_label, measures.intent, measures.stated_release,
        measures.stated_release_tickets, measures.source,
        case when candidates.kind = 'bug' then measures.nearest_release end as suspected_release,
        case when candidates.kind = 'bug' then measures.nearest_released_at end as suspected_released_at,
        warnings.confidence as churn_confidence, warnings.has_left, warnings.tier as account_tier,
        warnings.arr as account_arr, warnings.owner_name as account_owner, warnings.reasons as churn_reasons
    from candidates
    cross join policy
    inner join {{ ref('int_finding_episodes') }} as episodes
        on episodes.as_of = candidates.as_of and episodes.finding_key = candidates.finding_key
    left join {{ ref('int_finding_measures') }} as measures
        on measures.as_of = candidates.as_of and measures.finding_key = candidates.finding_key
    left join named_issues as named
        on named.value = candidates.value and candidates.kind = 'bug' and named.known_at <= candidates.as_of
    left join {{ ref('int_churn_candidates') }} as warnings
        on warnings.as_of = candidates.as_of and warnings.candidate_key = candidates.candidate_key
    left join mutes on mutes.as_of = candidates.as_of and mutes.finding_key = candidates.finding_key
    left join returns on returns.as_of = candidates.as_of and returns.finding_key = candidates.finding_key
),

parts as (
    select
        joined.*,
        least(1, round(ln(1 + reporters) / ln(9), 3)) as breadth,
        case
            when gate = 'new' then 1.0
            when observed is null or expected is null then 0.0
            else least(1, greatest(0, round(ln(observed / greatest(expected, 0.05)) / ln(10), 3)))
        end as lift,
        case when suspected_release is not null then 1.0 else 0.0 end as release_alignment,
        round(
            greatest(0.0417, epoch(as_of - first_seen_at) / 86400.0 - 1), 4
        ) as earlier_days,
        joined.symptom is not null and vague.symptom is null as says_what_is_wrong
    from joined
    left join {{ ref('vague_symptoms') }} as vague on vague.symptom = joined.symptom
),

final as (
    select
        parts.*,
        case
            when parts.kind = 'bug'
                then round(
                    0.45 * parts.mean_strength + 0.30 * parts.breadth + 0.15 * parts.lift
                    + 0.10 * parts.release_alignment, 2
                )
            when parts.kind = 'quality' then 1.0
            when parts.kind = 'knowledge' then 0.6
            when parts.kind = 'churn' then parts.churn_confidence
            -- waves: an even chance at the threshold; ten thousand times less likely by chance leaves a tenth of the doubt
            else round(1 - 0.5 * power(least(1, parts.p_value / parts.threshold), 0.25), 2)
        end as confidence,
        case
            when parts.is_muted then 'archived'
            when parts.kind = 'churn'
                then case
                    when parts.has_left or parts.as_of - parts.ended_at > to_days(cast(policy.churn_quiet_days as integer))
                        then 'resolved'
                    when parts.churn_confidence < policy.min_confidence_churn then 'emerging'
                    else 'open'
                end
            when parts.kind <> 'bug'
                then case
                    when parts.as_of - parts.ended_at <= to_days(cast(policy.volume_quiet_days as integer)) then 'open'
                    else 'resolved'
                end
            when parts.is_duplicate or parts.canceled_at is not null then 'archived'
            when parts.has_regressed then 'regressed'
            when parts.completed_at is not null then 'resolved'
            when parts.as_of - parts.last_seen_at > to_days(cast(policy.quiet_days as integer)) then 'resolved'
            when not parts.is_qualified
                or parts.reporters < policy.min_reporters
                or parts.tickets < policy.min_tickets
                or (parts.specificity = 3 and parts.reporters < policy.min_reporters_place)
                or (
                    parts.specificity = 4
                    and (coalesce(parts.observed, 0) < policy.min_reporters_topic or not parts.says_what_is_wrong)
                )
                then 'emerging'
            when parts.first_seen_at <= parts.as_of - interval 48 hour
                and parts.tickets_24h >= policy.escalation_min_tickets
                and parts.tickets_24h >= policy.escalation_factor * parts.tickets_before / parts.earlier_days
                then 'escalating'
            when parts.episode > 1 or parts.has_returned then 'regressed'
            else 'open'
        end as state
    from parts
    cross join policy
    where case when parts.kind = 'churn' then parts.ended_at else parts.last_seen_at end
        > parts.as_of - to_days(cast(policy.history_days as integer))
        and (parts.tickets > 0 or parts.kind in ('quality', 'churn'))
)

select * from final
