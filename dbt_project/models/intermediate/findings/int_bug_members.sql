-- Grain: as_of x group_key x ticket. Which tickets make up a bug candidate, why, and how strongly.
-- own: the ticket has the group's key. adopted: a bug-like ticket without a signature that agrees with what most of
-- the group's tickets say (place, symptom, topic) and contradicts none of it; a ticket is adopted once.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

candidates as (
    select * from {{ ref('int_bug_groups') }}
),

tickets as (
    select
        spells.bug_key, spells.tier, spells.strength, spells.ticket_id, spells.reporter_key, spells.created_at, spells.seen_at,
        spells.spell_started_at,
        coalesce(facts.page_route, facts.product_area) as place, facts.symptom, facts.topic_id, facts.release,
        facts.is_bug_like
    from {{ ref('int_bug_spells') }} as spells
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = spells.ticket_id
),

own as (
    select
        candidates.as_of,
        candidates.group_key,
        tickets.ticket_id,
        tickets.reporter_key,
        tickets.created_at,
        tickets.bug_key,
        tickets.tier,
        tickets.place,
        tickets.symptom,
        tickets.topic_id,
        case tickets.tier
            when 1 then 'names the same issue'
            when 2
                then case
                    when starts_with(candidates.group_key, 'issue:')
                        then 'same error signature as a ticket that names the issue'
                    else 'same error signature'
                end
            when 3 then 'same place and symptom'
            else 'same topic'
        end as reason,
        tickets.strength
    from candidates
    inner join tickets
        on tickets.bug_key = candidates.bug_key
        and tickets.seen_at <= candidates.as_of
        and tickets.created_at <= candidates.as_of
        and tickets.created_at >= candidates.onset_at
        and tickets.created_at <= coalesce(candidates.active_until, candidates.as_of)
),

groups as (
    select
        as_of, group_key,
        min(tier) as tier,
        count(*) as tickets,
        count(distinct reporter_key) as reporters,
        min(created_at) as first_at,
        max(created_at) as last_at
    from own
    group by all
),

said as (
    select as_of, group_key, 'place' as aspect, place as value from own where place is not null
    union all
    select as_of, group_key, 'symptom', symptom from own where symptom is not null
    union all
    select as_of, group_key, 'topic', topic_id from own where topic_id is not null
),

modes as (
    select
        counted.as_of, counted.group_key,
        max(case when aspect = 'place' then value end) as place,
        max(case when aspect = 'symptom' then value end) as symptom,
        max(case when aspect = 'topic' then value end) as topic_id
    from (
        select
            as_of, group_key, aspect, value, count(*) as n,
            sum(count(*)) over (partition by as_of, group_key, aspect) as of_n
        from said
        group by as_of, group_key, aspect, value
    ) as counted
    cross join policy
    where counted.n >= 2 and counted.n >= policy.mode_share * counted.of_n
    group by counted.as_of, counted.group_key
),

adopters as (
    select groups.*, modes.place, modes.symptom, modes.topic_id
    from groups
    cross join policy
    inner join modes on modes.as_of = groups.as_of and modes.group_key = groups.group_key
    where groups.tier <= 3 and groups.reporters >= policy.min_reporters
),

near as (
    {% for aspect in ['place', 'topic_id'] %}
    select
        adopters.as_of, adopters.group_key, adopters.tier as adopter_tier, adopters.reporters as adopter_reporters,
        adopters.first_at, adopters.last_at,
        adopters.place as group_place, adopters.symptom as group_symptom, adopters.topic_id as group_topic_id,
        tickets.* exclude (strength)
    from adopters
    inner join tickets on tickets.{{ aspect }} = adopters.{{ aspect }}
    where tickets.tier > adopters.tier and tickets.tier >= 3 and tickets.seen_at <= adopters.as_of
    {{ 'union' if not loop.last }}
    {% endfor %}
),

agreeing as (
    select
        *,
        coalesce(place = group_place, false) as same_place,
        coalesce(symptom = group_symptom, false) as same_symptom,
        coalesce(topic_id = group_topic_id, false) as same_topic
    from near
    where
        created_at >= first_at - interval 1 day
        and created_at <= least(as_of, last_at + interval 3 day)
        -- what is said must not contradict
        and coalesce(place = group_place, true)
        and coalesce(symptom = group_symptom, true)
),

adopted as (
    select
        as_of, group_key, ticket_id, reporter_key, created_at, bug_key, tier,
        'no error text, but the same '
        || case
            when same_place and same_symptom and same_topic then 'place, symptom and topic'
            when same_place and same_symptom then 'place and symptom'
            when same_place then 'place and topic'
            else 'symptom and topic'
        end as reason,
        case when same_place and same_symptom and same_topic then 0.7 when same_place and same_symptom then 0.6 else 0.5 end
            as strength
    from agreeing
    where
        cast(same_place as integer) + cast(same_symptom as integer) + cast(same_topic as integer) >= 2
        and (same_topic or topic_id is null or (same_place and same_symptom))
    qualify row_number() over (
        partition by as_of, ticket_id order by strength desc, adopter_tier, adopter_reporters desc, group_key
    ) = 1
),

final as (
    select as_of, group_key, ticket_id, reporter_key, created_at, bug_key, tier, reason, strength, false as is_adopted
    from own
    where (as_of, ticket_id) not in (select as_of, ticket_id from adopted)
    union all
    select as_of, group_key, ticket_id, reporter_key, created_at, bug_key, tier, reason, strength, true
    from adopted
)

select * from final
