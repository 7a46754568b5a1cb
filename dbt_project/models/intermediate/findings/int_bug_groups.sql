-- Grain: as_of x bug_key. The bug that a candidate key belongs to. One bug is seen under several keys at once: an error
-- text here, a page and a symptom there, words without either. Keys that rose together (onset within kin_days) and
-- whose tickets name the same symptom, or mostly the same topic, are kin; so is a key that appears later, while the other
-- still has tickets, when they agree on two of symptom, topic and place. Kin of kin are one group. The group is known
-- by the key that is in the journal, else by the one that rose first. Keys that were told apart stay apart, and so do
-- keys that each mean one cause by themselves (codes, exceptions): a group holds at most one of them.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

candidates as (
    select * from {{ ref('int_bug_candidates') }}
),

told as (
    select key as candidate_key, {{ json_text('body', '$.finding_key') }} as finding_key, alias.at
    from {{ source('journal', 'finding_alias') }} as alias
    qualify row_number() over (partition by alias.key order by alias.at desc, alias.seq desc) = 1
),

nodes as (
    select
        candidates.as_of,
        candidates.group_key,
        min(candidates.onset_at) as onset_at,
        min(spells.tier) as tier,
        bool_or(candidates.is_qualified) as is_qualified,
        bool_or(spells.is_new_by_appearing) as is_one_cause
    from candidates
    inner join (select distinct bug_key, tier, is_new_by_appearing from {{ ref('int_bug_spells') }}) as spells
        on spells.bug_key = candidates.bug_key
    group by all
),

-- An issue that tickets name says by itself what belongs together.
mergeable as (
    select
        nodes.as_of, nodes.group_key, nodes.onset_at, nodes.is_one_cause, told.finding_key,
        row_number() over (
            partition by nodes.as_of order by told.at is null, told.at, nodes.onset_at, nodes.tier, nodes.group_key
        ) as label
    from nodes
    left join told on told.candidate_key = 'bug:' || nodes.group_key and told.at <= nodes.as_of
    where nodes.is_qualified and nodes.tier >= 2
),

tickets as (
    select
        candidates.as_of, candidates.group_key, facts.ticket_id, facts.created_at, facts.symptom, facts.topic_id,
        coalesce(facts.page_route, facts.product_area) as place
    from candidates
    inner join {{ ref('int_bug_spells') }} as spells
        on spells.bug_key = candidates.bug_key
        and spells.seen_at <= candidates.as_of
        and spells.created_at <= candidates.as_of
        and spells.created_at >= candidates.onset_at
        and spells.created_at <= coalesce(candidates.active_until, candidates.as_of)
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = spells.ticket_id
),

sizes as (
    select as_of, group_key, count(*) as tickets, max(created_at) as last_at from tickets group by all
),

said as (
    select tickets.as_of, tickets.group_key, 'symptom:' || tickets.symptom as aspect, count(*) as n
    from tickets
    left join {{ ref('vague_symptoms') }} as vague on vague.symptom = tickets.symptom
    where tickets.symptom is not null and vague.symptom is null
    group by all
    union all
    select as_of, group_key, 'topic:' || topic_id, count(*)
    from tickets
    where topic_id is not null
    group by all
    union all
    select as_of, group_key, 'place:' || place, count(*)
    from tickets
    where place is not null
    group by all
),

-- What a key stands for: the symptom most of its tickets with a symptom name, their commonest place, and the topic of a
-- large part of them.
traits as (
    select said.as_of, said.group_key, said.aspect
    from said
    cross join policy
    inner join sizes on sizes.as_of = said.as_of and sizes.group_key = said.group_key
    where said.n >= 2
        and (not starts_with(said.aspect, 'topic:') or said.n >= policy.kin_topic_share * sizes.tickets)
    qualify row_number() over (
        partition by said.as_of, said.group_key, split_part(said.aspect, ':', 1) order by said.n desc, said.aspect
    ) = 1
),

agreeing as (
    select
        one.as_of, one.label, other.label as kin_label,
        one.onset_at, other.onset_at as kin_onset_at, one.finding_key, other.finding_key as kin_finding_key,
        ones_size.last_at, others_size.last_at as kin_last_at,
        count(*) as traits,
        count_if(not starts_with(ones.aspect, 'place:')) as telling_traits
    from mergeable as one
    inner join traits as ones on ones.as_of = one.as_of and ones.group_key = one.group_key
    inner join traits as others on others.as_of = ones.as_of and others.aspect = ones.aspect
    inner join mergeable as other
        on other.as_of = others.as_of and other.group_key = others.group_key and other.label <> one.label
    inner join sizes as ones_size on ones_size.as_of = one.as_of and ones_size.group_key = one.group_key
    inner join sizes as others_size on others_size.as_of = other.as_of and others_size.group_key = other.group_key
    group by all
),

kin as (
    select agreeing.as_of, agreeing.label, agreeing.kin_label
    from agreeing
    cross join policy
    where coalesce(agreeing.finding_key = agreeing.kin_finding_key, true)
        and (
            (
                agreeing.telling_traits >= 1
                and abs(epoch(agreeing.kin_onset_at) - epoch(agreeing.onset_at)) <= policy.kin_days * 86400
            )
            or (
                agreeing.traits >= 2
                and agreeing.onset_at <= agreeing.kin_last_at + interval 3 day
                and agreeing.kin_onset_at <= agreeing.last_at + interval 3 day
            )
        )
),

-- The smallest label travels along the edges; a key that was told keeps its own.
labels_0 as (
    select as_of, label, label as root, finding_key from mergeable
),

{% for round in range(1, 5) -%}
labels_{{ round }} as (
    select
        mine.as_of,
        mine.label,
        case
            when mine.finding_key is not null then mine.root
            else least(mine.root, coalesce(min(theirs.root), mine.root))
        end as root,
        mine.finding_key
    from labels_{{ round - 1 }} as mine
    left join kin on kin.as_of = mine.as_of and kin.label = mine.label
    left join labels_{{ round - 1 }} as theirs on theirs.as_of = kin.as_of and theirs.label = kin.kin_label
    group by mine.as_of, mine.label, mine.root, mine.finding_key
),

{% endfor -%}
labelled as (
    select
        members.as_of,
        members.group_key,
        members.label,
        -- the first cause in a group stays, every other one stands alone
        case
            when members.is_one_cause
                and row_number() over (
                    partition by labels.as_of, labels.root, members.is_one_cause order by members.label
                ) > 1
                then members.label
            else labels.root
        end as root
    from labels_4 as labels
    inner join mergeable as members on members.as_of = labels.as_of and members.label = labels.label
),

roots as (
    select labelled.as_of, labelled.group_key, root.group_key as root_key
    from labelled
    inner join mergeable as root on root.as_of = labelled.as_of and root.label = labelled.root
),

final as (
    select
        candidates.* replace (coalesce(roots.root_key, candidates.group_key) as group_key)
    from candidates
    left join roots on roots.as_of = candidates.as_of and roots.group_key = candidates.group_key
)

select * from final
