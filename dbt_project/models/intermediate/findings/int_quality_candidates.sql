-- Grain: as_of x candidate_key. Sources that cannot be relied on: a bad batch, or many records of one rule in
-- quarantine within a day. What a source is like is known now and not for the past, so only the newest moment has them.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

bad as (
    select
        now.as_of,
        'quality:' || sources.source || ':bad_batch' as candidate_key,
        sources.source,
        'The last batch of ' || sources.source || ' cannot be relied on' as title,
        coalesce(sources.reason, 'a critical check failed') || '. Findings from this source are stopped until it passes.'
            as summary,
        now.as_of as ended_at,
        cast(null as bigint) as observed
    from {{ source('control', 'sources') }} as sources
    cross join now
    where sources.is_bad
),

quarantined as (
    select
        {{ json_text('payload', '$.source') }} as source,
        {{ json_text('payload', '$.stream') }} as stream,
        {{ json_text('payload', '$.rule') }} as rule,
        {{ json_text('payload', '$.column') }} as field,
        {{ json_text('payload', '$.status') }} as status,
        pulled_at
    from {{ source('landing', 'quarantine__records') }}
    qualify row_number() over (partition by source, id order by pulled_at desc, seq desc) = 1
),

many as (
    select
        now.as_of,
        'quality:' || quarantined.source || ':' || quarantined.stream || ':' || quarantined.rule || ':'
        || coalesce(quarantined.field, '') as candidate_key,
        quarantined.source,
        'Many records of ' || quarantined.source || ' ' || quarantined.stream || ' are in quarantine' as title,
        count(*) || ' records fail ' || quarantined.rule
        || coalesce(' on ' || quarantined.field, '') || ' within a day.' as summary,
        max(quarantined.pulled_at) as ended_at,
        count(*) as observed
    from quarantined
    cross join now
    cross join policy
    where quarantined.status = 'quarantined'
        and quarantined.pulled_at > now.as_of - interval 1 day
        and quarantined.pulled_at <= now.as_of
    group by now.as_of, quarantined.source, quarantined.stream, quarantined.rule, quarantined.field,
        policy.quarantine_min_records
    having count(*) >= policy.quarantine_min_records
)

select * from bad
union all
select * from many
