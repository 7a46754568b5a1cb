-- Grain: one row, or none. The digest of the day before, once a day from digest_hour on.
with now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

day as (
    select
        now.as_of,
        cast(now.as_of as date) as today,
        cast(now.as_of as date) - 1 as yesterday,
        'slack:digest:' || strftime(now.as_of, '%Y-%m-%d') as delivery_key
    from now
    cross join policy
    where hour(now.as_of) >= policy.digest_hour
),

counted as (
    select
        count_if(cast(facts.created_at as date) = day.yesterday) as tickets,
        count(distinct case when cast(facts.created_at as date) = day.yesterday then facts.reporter_key end) as reporters,
        count_if(cast(facts.created_at as date) = day.yesterday - 7) as week_before
    from {{ ref('int_ticket_facts') }} as facts
    inner join day on greatest(facts.created_at, facts.known_at) <= day.as_of
),

findings as (
    select findings.* from {{ ref('publish_findings') }} as findings inner join day on day.as_of = findings.as_of
),

lines as (
    select
        1 as place, 'Open findings' as heading,
        row_number() over (order by score desc, finding_key) as n,
        title || ': ' || reporters || ' reporters, ' || state || ', ' || severity
        || coalesce(', ' || tracker_url, '') as line
    from findings
    where kind = 'bug' and state in ('open', 'escalating', 'regressed') and not is_history
    union all
    select 2, 'Rising', row_number() over (order by score desc, finding_key),
        title || ': ' || coalesce(observed || ' reporters in the window, ' || baseline || ' expected', tickets || ' tickets')
    from findings
    where kind in ('volume', 'topic') and state = 'open'
    union all
    select 3, 'Questions without an article', row_number() over (order by score desc, finding_key),
        title || ': ' || reporters || ' reporters in 28 days'
    from findings
    where kind = 'knowledge' and state = 'open'
    union all
    select 4, 'Accounts at risk', row_number() over (order by weight desc, confidence desc, finding_key),
        title || ': ' || summary || ' Owner: ' || owner
    from findings
    where kind = 'churn' and state = 'open'
    union all
    select 5, 'Resolved in the last day', row_number() over (order by score desc, finding_key), title
    from findings
    inner join {{ source('journal', 'finding_state') }} as states
        on states.key = findings.finding_key
        and {{ json_text('states.body', '$.state') }} = 'resolved'
        and {{ json_text('states.body', '$.previous') }} is not null
        -- the moment it was judged at: a backfill journals the whole past at once
        and coalesce(cast({{ json_text('states.body', '$.at') }} as timestamp), states.at) > findings.as_of - interval 1 day
    where findings.state = 'resolved'
    union all
    select 6, 'Data', row_number() over (order by source), source || coalesce(': ' || reason, ' is late')
    from {{ source('control', 'sources') }}
    where is_bad or is_late
    union all
    select 7, 'Held back', row_number() over (order by rank), title || ': ' || hold_reason
    from {{ ref('publish_linear_issues') }}
    where is_held_back
),

sections as (
    select list(struct_pack(heading := heading, lines := lines) order by place) as sections
    from (
        select place, heading,
            list(case when n <= 5 then line else (total - 5) || ' more' end order by n) as lines
        from (select *, count(*) over (partition by place) as total from lines) as numbered
        where n <= 6
        group by place, heading
    ) as grouped
),

final as (
    select
        day.delivery_key,
        md5(day.delivery_key) as content_hash,
        to_json(struct_pack(
            title := 'Support on ' || strftime(day.yesterday, '%A, %-d %B %Y'),
            date := cast(day.yesterday as varchar),
            sections := coalesce(sections.sections, []),
            totals := struct_pack(
                tickets := counted.tickets,
                reporters := counted.reporters,
                tickets_same_day_a_week_before := counted.week_before,
                open_findings := (select count(*) from findings where state in ('open', 'escalating', 'regressed')),
                held_back := (select count(*) from {{ ref('publish_linear_issues') }} where is_held_back)
            )
        )) as body
    from day
    cross join counted
    cross join sections
)

select * from final
