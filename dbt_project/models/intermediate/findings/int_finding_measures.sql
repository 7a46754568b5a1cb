-- Grain: as_of x finding_key. Counts of a finding's evidence, and what most of its tickets say.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

tickets as (
    select
        members.*,
        facts.error_signature, facts.error_code, coalesce(facts.page_route, facts.product_area) as place,
        facts.product_area, facts.symptom, facts.topic_label, facts.intent, facts.title,
        case when facts.release_source = 'stated' then facts.release end as stated_release
    from {{ ref('int_finding_tickets') }} as members
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = members.ticket_id
),

counted as (
    select
        as_of,
        finding_key,
        count(*) as tickets,
        count(distinct reporter_key) as reporters,
        count(distinct account_key) as accounts,
        min(created_at) as first_seen_at,
        max(created_at) as last_seen_at,
        count_if(created_at > as_of - interval 24 hour) as tickets_24h,
        count(distinct case when created_at > as_of - interval 24 hour then reporter_key end) as reporters_24h,
        count_if(created_at <= as_of - interval 24 hour) as tickets_before,
        round(cast(sum(cast(strength as decimal(6, 3))) as double) / count(*), 3) as mean_strength,
        arg_min(ticket_id, struct_pack(s := -strength, c := created_at, t := ticket_id)) as first_ticket_id
    from tickets
    group by all
),

said as (
    {% set aspects = [
        'error_signature', 'error_code', 'place', 'product_area', 'symptom', 'topic_label', 'intent',
        'stated_release', 'source',
    ] %}
    {% for aspect in aspects -%}
    select as_of, finding_key, '{{ aspect }}' as aspect, {{ aspect }} as value, count(*) as n
    from tickets where {{ aspect }} is not null
    group by all
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

commonest as (
    select *
    from said
    qualify row_number() over (partition by as_of, finding_key, aspect order by n desc, value) = 1
),

modes as (
    select
        as_of, finding_key,
        {% for aspect in aspects -%}
        max(case when aspect = '{{ aspect }}' then value end) as {{ aspect }},
        max(case when aspect = '{{ aspect }}' then n end) as {{ aspect }}_tickets{{ ',' if not loop.last }}
        {% endfor -%}
    from commonest
    group by all
),

suspects as (
    -- the release that most tickets state among those shortly before the first ticket; by default the newest
    select
        counted.as_of, counted.finding_key, releases.version, releases.released_at,
        count(tickets.ticket_id) as stated_by
    from counted
    cross join policy
    inner join {{ ref('int_releases') }} as releases
        on releases.released_at <= counted.first_seen_at
        and releases.released_at > counted.first_seen_at - to_days(cast(policy.release_window_days as integer))
        and releases.known_at <= counted.as_of
    left join tickets
        on tickets.as_of = counted.as_of
        and tickets.finding_key = counted.finding_key
        and tickets.stated_release = releases.version
    group by counted.as_of, counted.finding_key, releases.version, releases.released_at
    qualify row_number() over (
        partition by counted.as_of, counted.finding_key
        order by count(tickets.ticket_id) desc, releases.released_at desc, releases.version desc
    ) = 1
),

final as (
    select
        counted.*,
        modes.* exclude (as_of, finding_key),
        suspects.version as nearest_release,
        suspects.released_at as nearest_released_at
    from counted
    left join modes on modes.as_of = counted.as_of and modes.finding_key = counted.finding_key
    left join suspects on suspects.as_of = counted.as_of and suspects.finding_key = counted.finding_key
)

select * from final
