-- Grain: as_of x finding_key. What is said about a finding: title, summary, severity, owner, score, reasons, details.
-- A title is kept as it was first journalled, so that an issue does not change its name with every ticket; a warning about
-- an account, which is in no tracker, says how many signals there are now.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

findings as (
    select * from {{ ref('int_finding_states') }}
),

first_titles as (
    select key as finding_key, {{ json_text('body', '$.title') }} as title, minted.at as minted_at
    from {{ source('journal', 'finding') }} as minted
    qualify row_number() over (partition by minted.key order by minted.at, minted.seq) = 1
),

first_tickets as (
    select ticket_id, title from {{ ref('int_ticket_facts') }}
),

topics as (
    select topic_id, label from {{ source('enrich', 'topics') }}
    qualify row_number() over (partition by topic_id order by status, model_id desc) = 1
),

intents as (
    select intent, name, owner from {{ ref('intents') }}
),

worded as (
    select
        findings.*,
        case when starts_with(findings.place, '/') then ' on ' || findings.place else '' end as where_it_is,
        upper(left(replace(findings.symptom, '_', ' '), 1)) || substr(replace(findings.symptom, '_', ' '), 2)
            as symptom_words,
        coalesce(
            findings.error_code,
            left(regexp_replace(findings.error_signature, '^(code|exception|http|text):|( at | [(]reading ).*$', '', 'g'), 80)
        ) as error_words,
        case when findings.dimension = 'topic' then coalesce(topics.label, findings.topic_label, findings.value) end
            as topic_words,
        coalesce(intents.name, findings.value) as intent_words,
        coalesce(subjects.title, first_tickets.title) as ticket_title,
        first_titles.title as first_title,
        owners.owner as intent_owner
    from findings
    left join first_tickets on first_tickets.ticket_id = findings.first_ticket_id
    left join {{ ref('int_finding_titles') }} as subjects
        on subjects.as_of = findings.as_of and subjects.finding_key = findings.finding_key
    left join first_titles
        on first_titles.finding_key = findings.finding_key and first_titles.minted_at <= findings.as_of
    left join topics on topics.topic_id = findings.value and findings.dimension = 'topic'
    left join intents on intents.intent = findings.value and findings.dimension = 'intent'
    left join intents as owners on owners.intent = findings.intent
),

titled as (
    select
        *,
        coalesce(
            case when kind = 'churn' then title end,
            first_title,
            title,
            left(
                case
                    when kind = 'bug' and specificity <= 2 and error_words is not null
                        then case
                            when contains(lower(ticket_title), lower(error_words)) then left(ticket_title, 150)
                            else coalesce(left(ticket_title, 90) || ' (' || error_words || ')', error_words || where_it_is)
                        end
                    when kind = 'bug' and specificity <= 3
                        then coalesce(symptom_words || where_it_is || coalesce(': ' || ticket_title, ''), ticket_title, value)
                    when kind = 'bug' then coalesce(ticket_title, topic_label, 'Problems of one topic')
                    when kind = 'knowledge' then 'No article answers: ' || topic_words
                    when kind = 'topic' then 'Growing topic: ' || topic_words
                    when dimension = 'all' then 'Far more tickets than usual, across all topics'
                    when dimension = 'intent' then 'Far more tickets than usual: ' || intent_words
                    when dimension = 'topic' then 'Far more tickets than usual about ' || topic_words
                    else 'Far more tickets than usual with error ' || left(value, 100)
                end,
                200
            )
        ) as final_title
    from worded
),

severities as (
    select titled.as_of, titled.finding_key, rules.severity, rules.id as severity_rule
    from titled
    inner join {{ ref('severity_rules') }} as rules
        on rules.kind = titled.kind
        and titled.reporters >= rules.min_reporters
        and titled.reporters_24h >= rules.min_reporters_24h
        and (rules.min_arr is null or titled.account_arr >= rules.min_arr)
        and (rules.min_confidence is null or titled.confidence >= rules.min_confidence)
        and (
            rules.pattern is null
            or regexp_matches(
                lower(
                    case
                        when titled.kind = 'churn' then coalesce(titled.account_tier, '')
                        else concat_ws(' ', titled.symptom, titled.final_title, titled.error_signature)
                    end
                ),
                rules.pattern
            )
        )
    qualify row_number() over (partition by titled.as_of, titled.finding_key order by rules.rank) = 1
),

owned as (
    select titled.as_of, titled.finding_key,
        case when rules.owner = '@intent' then titled.intent_owner else rules.owner end as owner
    from titled
    inner join {{ ref('owner_rules') }} as rules
        on rules.kind = titled.kind
        and (rules.owner <> '@intent' or titled.intent_owner is not null)
        and (
            rules.pattern is null
            or regexp_matches(lower(concat_ws(' ', titled.intent, titled.product_area, titled.final_title)), rules.pattern)
        )
    qualify row_number() over (partition by titled.as_of, titled.finding_key order by rules.rank) = 1
),

scored as (
    select
        titled.*,
        severities.severity,
        severities.severity_rule,
        coalesce(titled.account_owner, owned.owner) as owner,
        weights.weight as severity_weight,
        round(
            power(0.5, greatest(0, epoch(titled.as_of - titled.last_seen_at) / 86400.0) / policy.half_life_days), 4
        ) as recency
    from titled
    cross join policy
    inner join severities on severities.as_of = titled.as_of and severities.finding_key = titled.finding_key
    inner join {{ ref('severity_weights') }} as weights on weights.severity = severities.severity
    left join owned on owned.as_of = titled.as_of and owned.finding_key = titled.finding_key
),

said as (
    select
        *,
        reporters || case when reporters = 1 then ' reporter' else ' reporters' end
        || ' (' || tickets || case when tickets = 1 then ' ticket' else ' tickets' end
        || case when accounts > 0 then ', ' || accounts || case when accounts = 1 then ' account)' else ' accounts)' end
            else ')' end as who,
        case
            when observed is not null and expected is not null
                then observed || ' reporters between ' || strftime(window_start_at, '%Y-%m-%d %H:%M') || ' and '
                    || strftime(window_end_at, '%Y-%m-%d %H:%M UTC') || ', where ' || round(expected, 1)
                    || ' were to be expected'
        end as window_words
    from scored
),

final as (
    select
        * exclude (title, summary, first_title, ticket_title),
        final_title as title,
        case
            when summary is not null then summary
            when kind = 'bug'
                then who || ' since ' || strftime(first_seen_at, '%Y-%m-%d %H:%M UTC') || ', the newest at '
                    || strftime(last_seen_at, '%Y-%m-%d %H:%M UTC') || '.'
                    || case
                        when error_signature_tickets >= 2 and specificity <= 2
                            then ' ' || error_signature_tickets || ' of them show the error "' || left(error_words, 160)
                                || '".'
                        else ''
                    end
                    || case
                        when suspected_release is not null
                            then ' The first came ' || round(epoch(first_seen_at - suspected_released_at) / 3600.0)::integer
                                || ' hours after release ' || suspected_release || '.'
                        else ''
                    end
                    || coalesce(' ' || window_words || '.', '')
            when kind = 'knowledge'
                then who || ' asked about this in the last 28 days, and no article matches what they ask.'
            else who || '. ' || coalesce(window_words || '.', '')
        end as said_summary,
        round(reporters * severity_weight * recency, 2) as score
    from said
)

select
    * exclude (said_summary),
    said_summary as summary,
    to_json(list_filter(
        -- a warning names its own rules
        list_concat(coalesce(churn_reasons, []), [
            struct_pack(rule := rule_id, text := case gate
                when 'churn' then null
                when 'new' then 'the error was not there before'
                when 'release' then 'more than expected since the newest release'
                when 'rise' then 'more than its own past explains'
                when 'gap' then 'asked often, answered by no article'
                else 'the data cannot be relied on'
            end),
            struct_pack(rule := 'window', text := window_words
                || ', chance ' || p_value || coalesce(' at a threshold of ' || threshold, '')),
            struct_pack(rule := severity_rule, text := 'severity ' || severity),
            struct_pack(rule := 'state', text := case state
                when 'escalating' then tickets_24h || ' tickets in the last 24 hours'
                when 'regressed' then 'tickets after the fix, or after a pause and a new release'
                when 'emerging' then case when kind = 'churn' then 'too little by itself' else 'too few reporters yet' end
                when 'resolved' then case
                    when has_left then 'they left'
                    when kind = 'churn' then 'no signs any more'
                    when completed_at is not null then 'its issue is completed' else 'no tickets any more' end
                when 'archived' then case when is_muted then 'muted' else 'declined in the tracker' end
                else case
                    when kind <> 'churn' then 'tickets keep coming'
                    when ended_at < as_of then 'its last sign stood until ' || {{ day_words('ended_at') }}
                    else 'the signs stand' end
            end)
        ]),
        lambda reason: reason.text is not null
    )) as reasons,
    to_json(struct_pack(
        gate := gate, dimension := dimension, value := value, place := place, symptom := symptom,
        error_signature := error_signature, error_code := error_code, topic := topic_label, intent := intent,
        product_area := product_area,
        parts := struct_pack(
            agreement := mean_strength, breadth := breadth, lift := lift, release := release_alignment
        ),
        score := struct_pack(reporters := reporters, severity_weight := severity_weight, recency := recency),
        tickets_24h := tickets_24h, threshold := threshold, evidence_from := evidence_from
    )) as details
from final
