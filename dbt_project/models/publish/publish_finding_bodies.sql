-- Grain: finding_key, at the newest moment. What a report says about a finding, as JSON, and the hash of what matters
-- in it: a report is brought up to date when its state, severity, title, suspected release or day changes, an account
-- joins a bug or its tickets have doubled, and not for every ticket.
with now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

findings as (
    select findings.* from {{ ref('fct_findings') }} as findings inner join now on now.as_of = findings.as_of
),

evidence as (
    select evidence.*
    from {{ ref('fct_finding_evidence') }} as evidence
    inner join now on now.as_of = evidence.as_of
),

facts as (
    select facts.*
    from {{ ref('int_ticket_facts') }} as facts
    inner join now on greatest(facts.created_at, facts.known_at) <= now.as_of
),

{% set aspects = {
    'Release': "case when release_source = 'stated' then release end", 'Page': 'page_route',
    'Area': 'product_area', 'Browser': 'browser', 'System': 'os', 'Language': 'language',
} %}
usual as (
    {% for name, column in aspects.items() -%}
    select '{{ name }}' as name, {{ column }} as value,
        count(*) as n, sum(count(*)) over () as of_n
    from facts
    cross join now
    cross join policy
    where created_at > now.as_of - to_days(cast(policy.baseline_days as integer)) and {{ column }} is not null
    group by {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

stated as (
    {% for name, column in aspects.items() -%}
    select evidence.finding_key, '{{ name }}' as name, {{ loop.index }} as place, {{ column }} as value,
        count(*) as n, sum(count(*)) over (partition by evidence.finding_key) as of_n
    from evidence
    inner join facts on facts.ticket_id = evidence.ticket_id
    where {{ column }} is not null
    group by evidence.finding_key, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

environment as (
    select
        stated.finding_key,
        list(struct_pack(
            name := stated.name, value := stated.value,
            share := round(stated.n / stated.of_n, 2),
            usual_share := round(coalesce(usual.n / usual.of_n, 0), 2)
        ) order by stated.place) as rows
    from (
        select * from stated
        qualify row_number() over (partition by finding_key, name order by n desc, value) = 1
    ) as stated
    left join usual on usual.name = stated.name and usual.value = stated.value
    group by stated.finding_key
),

quotes as (
    select
        finding_key,
        list(struct_pack(ticket_id := ticket_id, url := url, text := quote, at := created_at) order by place)
            as rows
    from (
        select *, row_number() over (partition by finding_key order by strength desc, created_at desc, ticket_id) as place
        from (
            select * from evidence
            where quote is not null
            qualify row_number() over (
                partition by finding_key, reporter_key order by strength desc, length(quote) desc, ticket_id
            ) = 1
        ) as one_each
    ) as ranked
    where place <= 5
    group by finding_key
),

links as (
    select finding_key, list(struct_pack(ticket_id := ticket_id, url := url) order by place) as rows
    from (
        select *, row_number() over (partition by finding_key order by strength desc, created_at desc, ticket_id) as place
        from evidence
        where url is not null
    ) as ranked
    where place <= 20
    group by finding_key
),

steps as (
    select evidence.finding_key, facts.steps
    from evidence
    inner join facts on facts.ticket_id = evidence.ticket_id
    where facts.steps is not null
    qualify row_number() over (
        partition by evidence.finding_key order by evidence.strength desc, length(facts.steps) desc, evidence.ticket_id
    ) = 1
),

grouped as (
    select
        finding_key,
        string_agg(n || ' for "' || reason || '"', ', ' order by n desc, reason) as because
    from (select finding_key, reason, count(*) as n from evidence group by all) as counted
    group by finding_key
),

own_issues as (
    select finding_key, issue_id from {{ ref('int_finding_issues') }}
    union
    -- what a run may have filed that was stopped before it knew
    select {{ json_text('body', '$.finding_key') }}, {{ json_text('body', '$.issue_id') }}
    from {{ source('journal', 'delivery') }}
    where {{ json_text('body', '$.destination') }} = 'linear'
),

finding_words as (
    select distinct finding_key, unnest(regexp_extract_all(lower(title), '[a-z0-9_]{4,}')) as word from findings
    where kind = 'bug'
),

issue_words as (
    select distinct issue_id, unnest(regexp_extract_all(lower(title), '[a-z0-9_]{4,}')) as word
    from {{ ref('int_tracker_issues') }}
),

similar_issues as (
    select
        finding_key,
        list(struct_pack(identifier := identifier, url := url, title := title, state := state_name) order by place)
            as rows
    from (
        select
            matched.finding_key, issues.identifier, issues.url, issues.title, issues.state_name,
            row_number() over (
                partition by matched.finding_key order by matched.likeness desc, issues.issue_id
            ) as place
        from (
            select
                shared.finding_key, shared.issue_id,
                shared.n / (mine.n + theirs.n - shared.n) as likeness
            from (
                select finding_words.finding_key, issue_words.issue_id, count(*) as n
                from finding_words
                inner join issue_words on issue_words.word = finding_words.word
                group by all
            ) as shared
            inner join (select finding_key, count(*) as n from finding_words group by all) as mine
                on mine.finding_key = shared.finding_key
            inner join (select issue_id, count(*) as n from issue_words group by all) as theirs
                on theirs.issue_id = shared.issue_id
        ) as matched
        inner join {{ ref('int_tracker_issues') }} as issues on issues.issue_id = matched.issue_id
        left join own_issues
            on own_issues.finding_key = matched.finding_key and own_issues.issue_id = matched.issue_id
        where matched.likeness >= 0.34 and own_issues.issue_id is null
    ) as ranked
    where place <= 3
    group by finding_key
),

final as (
    select
        findings.finding_key,
        findings.episode,
        case when findings.kind = 'churn' then md5(concat_ws('|', findings.state, warnings.reasons_hash)) else md5(concat_ws(
            '|', findings.state, findings.severity, findings.title, cast(floor(log2(findings.tickets + 1)) as integer),
            cast(findings.last_seen_at as date), findings.suspected_release,
            case when findings.kind = 'bug' then findings.accounts || ' accounts' end
        )) end as content_hash,
        to_json(struct_pack(
            title := findings.title,
            kind := findings.kind,
            state := findings.state,
            severity := findings.severity,
            confidence := findings.confidence,
            why_confident := case
                when findings.kind = 'bug'
                    then 'agreement ' || json_extract(findings.details, '$.parts.agreement')
                        || ', breadth ' || json_extract(findings.details, '$.parts.breadth')
                        || ', rise ' || json_extract(findings.details, '$.parts.lift')
                        || ', release ' || json_extract(findings.details, '$.parts.release')
                when findings.kind = 'churn'
                    then array_to_string(list_transform(
                        warnings.reasons, lambda reason: reason.name || ' ' || reason.weight
                    ), ', ')
                when findings.p_value is not null
                    then 'the chance of as many by accident is ' || findings.p_value
            end,
            what_would_change_it := case
                when findings.kind = 'bug'
                    then 'More reporters with the same error raise it; tickets that turn out to have other causes lower it.'
            end,
            summary := findings.summary,
            first_seen_at := findings.first_seen_at,
            last_seen_at := findings.last_seen_at,
            tickets := findings.tickets,
            reporters := findings.reporters,
            accounts := findings.accounts,
            arr := findings.arr,
            currency := findings.currency,
            accounts_without_arr := findings.accounts_without_arr,
            tiers := cast(findings.tiers as json),
            segment := findings.segment,
            accounts_table := coalesce(accounts.accounts_table, []),
            customers := case when findings.kind = 'bug' then coalesce(accounts.customers, []) else [] end,
            release := findings.release,
            suspected_release := findings.suspected_release,
            environment := coalesce(environment.rows, []),
            quotes := coalesce(quotes.rows, []),
            links := coalesce(links.rows, []),
            steps := steps.steps,
            reasons := coalesce(warnings.reasons, []),
            account := warnings.account,
            unknown := coalesce(warnings.unknown, []),
            owner := findings.owner,
            grouped_because := 'These tickets are here ' || grouped.because || '.',
            similar_issues := coalesce(similar_issues.rows, []),
            "window" := struct_pack(
                start := findings.window_start_at, "end" := findings.window_end_at,
                observed := findings.observed, expected := findings.baseline
            ),
            evidence_url := cast(null as varchar),
            evidence_total := findings.tickets
        )) as body
    from findings
    left join {{ ref('publish_finding_accounts') }} as accounts on accounts.finding_key = findings.finding_key
    left join environment on environment.finding_key = findings.finding_key
    left join quotes on quotes.finding_key = findings.finding_key
    left join links on links.finding_key = findings.finding_key
    left join steps on steps.finding_key = findings.finding_key
    left join grouped on grouped.finding_key = findings.finding_key
    left join {{ ref('publish_churn_reasons') }} as warnings on warnings.finding_key = findings.finding_key
    left join similar_issues on similar_issues.finding_key = findings.finding_key
)

select * from final
