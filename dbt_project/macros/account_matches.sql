{#
Settles the records of one system, `place`, on accounts. `settled` is a relation (record_id, root) of the systems
before; none for the first. The outcome is one row a record:

    record_id, root        the record that stands for its account; itself where it joins nobody
    method                 override, merged, explicit id, domain, name; null where it joins nobody
    conflict               what speaks against it or could not be decided; null where nothing does

A stronger method decides alone. Where it cannot decide between several accounts, the name may, among these and no
others; else the record stays alone. Records with different ids are told apart, whatever else they share.
#}
{% macro account_matches(place, settled=none) %}
with

records as (select * from {{ ref('int_account_identities') }} where place = {{ place }}),

evidence as (select * from {{ ref('int_account_evidence') }} where place = {{ place }}),

{% if settled %}
settled as (select * from {{ settled }}),

known as (
    select distinct settled.root, evidence.kind, evidence.value, evidence.customer
    from {{ ref('int_account_evidence') }} as evidence
    inner join settled on evidence.record_id = settled.record_id
),
{% else %}
settled as (select record_id, record_id as root from records where false),

known as (select record_id as root, kind, value, customer from evidence where false),
{% endif %}

-- A record beside every account it has anything in common with.
pairs as (
    select
        evidence.record_id,
        known.root,
        bool_or(evidence.kind = 'id') as has_id,
        bool_or(evidence.kind = 'domain') as has_domain,
        bool_or(evidence.kind = 'domain' and not evidence.is_shared) as has_own_domain,
        bool_or(evidence.kind = 'name') as has_name,
        min(case when evidence.kind = 'domain' then evidence.value end) as domain
    from evidence
    inner join known on evidence.kind = known.kind and evidence.value = known.value
    where evidence.record_id not in (select record_id from records where belongs_with is not null)
    group by evidence.record_id, known.root
),

-- Both have account ids of ours, and none in common.
told_apart as (
    select pairs.record_id, pairs.root
    from pairs
    inner join evidence on pairs.record_id = evidence.record_id and evidence.kind = 'id'
    inner join known on pairs.root = known.root and known.kind = 'id'
    group by pairs.record_id, pairs.root
    having count(evidence.customer) > 0 and count(known.customer) > 0
        and not coalesce(bool_or(evidence.value = known.value or evidence.customer = known.customer), false)
),

ranked as (
    select
        pairs.*,
        told_apart.root is not null as is_told_apart,
        case
            when told_apart.root is not null then null
            when pairs.has_id then 1
            when pairs.has_domain then 2
            else 3
        end as strength
    from pairs
    left join told_apart on pairs.record_id = told_apart.record_id and pairs.root = told_apart.root
),

best as (select record_id, min(strength) as strength from ranked group by record_id),

namesakes as (select value, count(*) as records from evidence where kind = 'name' group by value),

candidates as (
    select
        best.record_id,
        best.strength,
        count(*) as accounts,
        min(ranked.root) as root,
        count(*) filter (ranked.has_name) as named,
        min(ranked.root) filter (ranked.has_name) as named_root,
        bool_or(ranked.has_own_domain) as has_own_domain,
        min(ranked.domain) as domain
    from best
    inner join ranked on best.record_id = ranked.record_id and best.strength = ranked.strength
    group by best.record_id, best.strength
),

decided as (
    select
        candidates.record_id,
        case
            when candidates.strength = 3 and (candidates.accounts > 1 or namesakes.records > 1) then null
            when candidates.accounts = 1 and (candidates.strength <> 2 or candidates.has_own_domain)
                then candidates.root
            when candidates.named = 1 then candidates.named_root
        end as root,
        case
            when candidates.strength = 1 and candidates.accounts = 1 then 'explicit id'
            when candidates.strength = 2 and candidates.accounts = 1 and candidates.has_own_domain then 'domain'
            else 'name'
        end as method,
        case candidates.strength
            when 1 then 'its ids name ' || candidates.accounts || ' accounts'
            when 2 then 'the domain ' || candidates.domain || ' is shared by several accounts'
            else case
                when candidates.accounts > 1 then candidates.accounts || ' accounts have this name'
                else namesakes.records || ' records of this system have this name'
            end
        end as undecided
    from candidates
    inner join records on candidates.record_id = records.record_id
    left join namesakes on records.name_key = namesakes.value
),

-- The id stands, and its domain, which another account has and this one has not, is told.
contradicted as (
    select decided.record_id, min(other.domain) as domain, min(other.root) as root
    from decided
    inner join ranked as chosen on decided.record_id = chosen.record_id and decided.root = chosen.root
    inner join ranked as other on decided.record_id = other.record_id and decided.root <> other.root
    where decided.method = 'explicit id' and other.has_domain and not chosen.has_domain
    group by decided.record_id
),

-- Records that nobody before knows are one account with each other by id, or by own domain where one name is not
-- wholly another. The first stands for them.
alike as (
    select
        evidence.record_id,
        evidence.kind,
        evidence.value,
        records.name_key,
        first_value(evidence.record_id) over alike as first_record_id,
        first_value(records.name_key) over alike as first_name_key
    from evidence
    inner join records on evidence.record_id = records.record_id
    left join decided on records.record_id = decided.record_id
    where evidence.kind in ('id', 'domain') and not evidence.is_shared
    window alike as (
        partition by evidence.kind, evidence.value
        order by
            records.belongs_with is not null, decided.root is null, records.external_id is null, records.is_archived,
            records.created_at, records.record_id
    )
),

compared as (
    select
        *,
        kind = 'id' or name_key is null or first_name_key is null
            or contains(name_key, first_name_key) or contains(first_name_key, name_key) as is_kin
    from alike
    where first_record_id <> record_id
),

kin as (
    select
        record_id,
        coalesce(
            min(first_record_id) filter (kind = 'id'), min(first_record_id) filter (is_kin)
        ) as first_record_id,
        case when bool_or(kind = 'id') then 'explicit id' when bool_or(is_kin) then 'domain' end as method,
        case
            when not bool_or(is_kin) then 'its domain ' || min(value) || ' is that of ' || min(first_record_id) || ' too'
        end as conflict
    from compared
    group by record_id
),

-- The record or account each one points to: what was said, what was decided, kin; nobody where it is undecided.
pointed as (
    select
        records.record_id,
        case
            when records.said_by is not null then coalesce(settled.root, records.belongs_with, records.record_id)
            when decided.root is not null then decided.root
            when decided.record_id is null then coalesce(kin.first_record_id, records.record_id)
            else records.record_id
        end as target,
        case
            when records.said_by is not null then records.said_by
            when decided.root is not null then decided.method
            when decided.record_id is null then kin.method
        end as method,
        case
            when records.said_by is not null then null
            when decided.record_id is not null and decided.root is null then decided.undecided
            when contradicted.record_id is not null
                then 'its id says so, its domain ' || contradicted.domain || ' says ' || contradicted.root
            when decided.record_id is null then kin.conflict
        end as conflict
    from records
    left join settled on records.belongs_with = settled.record_id
    left join decided on records.record_id = decided.record_id
    left join contradicted on records.record_id = contradicted.record_id
    left join kin on records.record_id = kin.record_id
),

-- Who points to a record of this system that points on: three steps are more than there are.
{% for step in range(3) %}
step_{{ step }} as (
    select
        source.record_id, coalesce(onward.target, source.target) as target, source.method, source.conflict
    from {{ 'step_' ~ (step - 1) if step else 'pointed' }} as source
    left join {{ 'step_' ~ (step - 1) if step else 'pointed' }} as onward on source.target = onward.record_id
),
{% endfor %}
final as (select record_id, target as root, method, conflict from step_2)

select * from final
{% endmacro %}
