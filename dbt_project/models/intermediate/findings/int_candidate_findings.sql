-- Grain: as_of x candidate_key. The finding that a candidate is. Keys are minted from the candidate's key and
-- journalled; a candidate finds its finding again through
--   1. its own alias in the journal,
--   2. the alias of a key that its tickets had before (a bug grows an error signature, or an issue is named),
--   3. for waves, the alias of an episode of the same series that began within the episode gap,
--   4. for churn, the alias of any record of the account: a merger changes the key that an account is known by.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

candidates as (
    select as_of, candidate_key, kind from {{ ref('int_candidates') }}
),

journalled as (
    select
        key as candidate_key,
        {{ json_text('body', '$.finding_key') }} as finding_key,
        alias.at as valid_from,
        lead(alias.at) over entries as valid_to,
        first_value(alias.at) over entries as minted_at
    from {{ source('journal', 'finding_alias') }} as alias
    window entries as (partition by alias.key order by alias.at, alias.seq)
),

aliases as (
    select candidates.as_of, candidates.candidate_key, journalled.finding_key
    from candidates
    inner join journalled
        on journalled.candidate_key = candidates.candidate_key
        and journalled.valid_from <= candidates.as_of
        and (journalled.valid_to is null or candidates.as_of < journalled.valid_to)
),

components as (
    select as_of, candidate_key, 'bug:' || component_key as component_key, count(*) as tickets
    from {{ ref('int_candidate_tickets') }}
    where component_key is not null and 'bug:' || component_key <> candidate_key
    group by all
    having count(*) >= 2
),

inherited as (
    select components.as_of, components.candidate_key, journalled.finding_key
    from components
    inner join journalled
        on journalled.candidate_key = components.component_key
        and journalled.valid_from <= components.as_of
        and (journalled.valid_to is null or components.as_of < journalled.valid_to)
    left join (
        -- a component that still has tickets of its own keeps its key
        select as_of, candidate_key from {{ ref('int_candidate_tickets') }}
        where candidate_key = 'bug:' || component_key
        group by all
    ) as living
        on living.as_of = components.as_of and living.candidate_key = components.component_key
    where living.candidate_key is null
    qualify row_number() over (
        partition by components.as_of, components.candidate_key
        order by journalled.minted_at, components.tickets desc, components.component_key
    ) = 1
),

waves as (
    select *, left(candidate_key, -11) as series, cast(right(candidate_key, 10) as date) as started_on
    from candidates
    where kind in ('volume', 'topic')
),

continued as (
    select waves.as_of, waves.candidate_key, journalled.finding_key
    from waves
    cross join policy
    inner join journalled
        on left(journalled.candidate_key, -11) = waves.series
        and try_cast(right(journalled.candidate_key, 10) as date)
        between waves.started_on - cast(policy.episode_gap_days as integer)
        and waves.started_on + cast(policy.episode_gap_days as integer)
        and journalled.valid_from <= waves.as_of
    qualify row_number() over (
        partition by waves.as_of, waves.candidate_key order by journalled.minted_at, journalled.candidate_key
    ) = 1
),

merged as (
    select candidates.as_of, candidates.candidate_key, journalled.finding_key
    from candidates
    inner join {{ ref('int_account_records') }} as records
        on candidates.kind = 'churn' and 'churn:' || records.account_key = candidates.candidate_key
    inner join journalled
        on journalled.candidate_key = 'churn:' || records.record_id
        and journalled.valid_from <= candidates.as_of
        and (journalled.valid_to is null or candidates.as_of < journalled.valid_to)
    qualify row_number() over (
        partition by candidates.as_of, candidates.candidate_key order by journalled.minted_at, journalled.candidate_key
    ) = 1
),

final as (
    select
        candidates.as_of,
        candidates.candidate_key,
        coalesce(
            aliases.finding_key,
            inherited.finding_key,
            continued.finding_key,
            merged.finding_key,
            candidates.kind || '-' || left(md5(candidates.candidate_key), 10)
        ) as finding_key
    from candidates
    left join aliases
        on aliases.as_of = candidates.as_of and aliases.candidate_key = candidates.candidate_key
    left join inherited
        on inherited.as_of = candidates.as_of and inherited.candidate_key = candidates.candidate_key
    left join continued
        on continued.as_of = candidates.as_of and continued.candidate_key = candidates.candidate_key
    left join merged
        on merged.as_of = candidates.as_of and merged.candidate_key = candidates.candidate_key
)

select * from final
