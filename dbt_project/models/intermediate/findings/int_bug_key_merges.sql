-- Grain: bug_key (signature) with an issue that its tickets name. From the first ticket that names an issue the
-- signature belongs to that issue's bug; when its tickets name a second one, it stands alone again.
with named as (
    select
        keys.bug_key,
        'issue:' || links.link as issue_key,
        min(greatest(keys.seen_at, links.known_at)) as named_at
    from {{ ref('int_bug_keys') }} as keys
    inner join {{ ref('int_ticket_links') }} as links on links.ticket_id = keys.ticket_id
    where keys.tier = 2
    group by all
),

final as (
    select
        bug_key,
        issue_key,
        named_at as valid_from,
        lead(named_at) over (partition by bug_key order by named_at, issue_key) as valid_to
    from named
    qualify row_number() over (partition by bug_key order by named_at, issue_key) = 1
)

select * from final
