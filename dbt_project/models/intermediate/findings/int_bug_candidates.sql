-- Grain: as_of x bug_key. Keys that may be a bug at a moment, and why: `new` (the key was not there before), `rise`
-- (more reporters than its own past explains) or `release` (the same, counted from the newest release).
-- onset_at: from when its tickets count; active_until: until when, for keys that have tickets at all times.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

moments as (
    select as_of from {{ source('control', 'as_of') }}
),

new_keys as (
    select
        moments.as_of,
        keys.bug_key,
        keys.first_at as onset_at,
        keys.last_at as ended_at,
        moments.as_of >= keys.qualified_at as is_qualified
    from {{ ref('int_bug_new_keys') }} as keys
    cross join policy
    inner join moments
        on moments.as_of >= keys.emerging_at
        and moments.as_of < keys.last_at + to_days(cast(policy.history_days as integer))
),

rising_keys as (
    select
        episodes.as_of,
        episodes.value as bug_key,
        case when episodes.best_window_id = 'release' then 'release' else 'rise' end as gate,
        episodes.best_rule_id as rule_id,
        episodes.first_start_at as onset_at,
        episodes.latest_look_at + to_days(cast(policy.quiet_days as integer)) as active_until,
        episodes.best_start_at as window_start_at,
        episodes.best_look_at as window_end_at,
        episodes.best_reporters as observed,
        episodes.best_expected as expected,
        episodes.p_value,
        episodes.latest_look_at as ended_at,
        true as is_qualified
    from {{ ref('int_series_episodes') }} as episodes
    cross join policy
    where episodes.kind = 'bug'
    qualify row_number() over (
        partition by episodes.as_of, episodes.value order by episodes.started_on desc
    ) = 1
),

paired as (
    select
        coalesce(rising_keys.as_of, new_keys.as_of) as as_of,
        coalesce(rising_keys.bug_key, new_keys.bug_key) as bug_key,
        new_keys.bug_key is not null
        and (rising_keys.bug_key is null or rising_keys.onset_at <= new_keys.ended_at) as is_first,
        new_keys.onset_at as new_onset_at,
        coalesce(new_keys.is_qualified, false) as is_new_qualified,
        rising_keys.* exclude (as_of, bug_key)
    from new_keys
    full join rising_keys on rising_keys.as_of = new_keys.as_of and rising_keys.bug_key = new_keys.bug_key
),

chosen as (
    -- A new key with a rise in its first spell is one bug from its first ticket on; the rise says how strongly.
    select
        as_of,
        bug_key,
        case when is_first then 'new' else gate end as gate,
        case when is_first then 'P10' else rule_id end as rule_id,
        case when is_first then new_onset_at else onset_at end as onset_at,
        case when is_first then null else active_until end as active_until,
        window_start_at,
        window_end_at,
        observed,
        expected,
        p_value,
        ended_at,
        coalesce(is_qualified, false) or is_new_qualified as is_qualified
    from paired
),

final as (
    select
        chosen.*,
        coalesce(merges.issue_key, chosen.bug_key) as group_key
    from chosen
    left join {{ ref('int_bug_key_merges') }} as merges
        on merges.bug_key = chosen.bug_key
        and chosen.as_of >= merges.valid_from
        and (merges.valid_to is null or chosen.as_of < merges.valid_to)
)

select * from final
