-- Grain: as_of x finding_key that is left out. A finding is left out when a more specific one that lives explains most
-- of its tickets above expectation; or when it is but a part of a wave through everything, such as an outage.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

findings as (
    select
        *,
        -- tickets above what was expected in the window, at the rate that was observed in it
        greatest(1, tickets * (1 - least(1, coalesce(expected, 0) / greatest(coalesce(observed, 1), 1)))) as excess,
        state in ('open', 'escalating', 'regressed') as is_living
    from {{ ref('int_finding_states') }}
    where kind in ('bug', 'volume', 'topic')
),

tickets as (
    select members.as_of, members.finding_key, members.ticket_id, findings.specificity
    from {{ ref('int_finding_tickets') }} as members
    inner join findings on findings.as_of = members.as_of and findings.finding_key = members.finding_key
),

shared as (
    select
        wide.as_of,
        wide.finding_key as wide_key,
        narrow.finding_key as narrow_key,
        count(*) as tickets
    from tickets as wide
    inner join tickets as narrow
        on narrow.as_of = wide.as_of
        and narrow.ticket_id = wide.ticket_id
        and narrow.specificity < wide.specificity
    group by all
),

shares as (
    select
        shared.as_of,
        shared.wide_key,
        shared.narrow_key,
        shared.tickets,
        round(least(1, shared.tickets / wide.excess), 2) as of_wide,
        round(least(1, shared.tickets / case narrow.kind when 'bug' then narrow.tickets else narrow.excess end), 2)
            as of_narrow,
        wide.is_living as wide_lives,
        narrow.is_living as narrow_lives,
        wide.kind as wide_kind,
        wide.specificity as wide_specificity,
        narrow.specificity as narrow_specificity,
        wide.state = narrow.state or narrow.is_living as narrow_explains,
        epoch(wide.window_end_at - wide.window_start_at) / 3600.0 as wide_hours,
        case narrow.kind when 'bug' then narrow.first_seen_at else narrow.raised_at end >= wide.window_start_at
            as began_inside
    from shared
    inner join findings as wide on wide.as_of = shared.as_of and wide.finding_key = shared.wide_key
    inner join findings as narrow on narrow.as_of = shared.as_of and narrow.finding_key = shared.narrow_key
),

explained as (
    select shares.as_of, shares.wide_key as finding_key, shares.narrow_key as explained_by, shares.of_wide as share,
        'explained' as how
    from shares
    cross join policy
    where shares.wide_kind in ('volume', 'topic')
        and shares.narrow_explains
        and shares.of_wide >= policy.overlap_share
    qualify row_number() over (
        partition by shares.as_of, shares.wide_key
        order by shares.narrow_specificity, shares.of_wide desc, shares.narrow_key
    ) = 1
),

parts as (
    -- a wave through everything in less than a day and nothing that explains it: its parts are not findings of their own
    select shares.as_of, shares.narrow_key as finding_key, shares.wide_key as explained_by, shares.of_narrow as share,
        'part' as how
    from shares
    cross join policy
    left join explained on explained.as_of = shares.as_of and explained.finding_key = shares.wide_key
    where explained.finding_key is null
        and shares.wide_specificity = 9
        and shares.wide_hours <= 24
        and shares.of_narrow >= policy.overlap_share
        and shares.began_inside
        and (shares.narrow_specificity > 4 or (shares.narrow_specificity >= 3 and shares.of_wide < 0.3))
    qualify row_number() over (
        partition by shares.as_of, shares.narrow_key order by shares.of_narrow desc, shares.wide_key
    ) = 1
),

final as (
    select * from explained
    union all
    select parts.*
    from parts
    left join explained on explained.as_of = parts.as_of and explained.finding_key = parts.finding_key
    where explained.finding_key is null
)

select * from final
