-- Grain: one row a ticket that counts: not deleted, not merged into another, not spam.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

tickets as (
    select
        *,
        -- 'v4.12.0 (Mac)' and '4.12.0' are the same version
        {{ first_match('app_version_field', '([0-9]+([.][0-9]+)*)') }} as field_version
    from ({{ facts_changed(ref('int_tickets')) }})
    where not is_deleted and not is_merged and not is_spam and created_at is not null
),

enriched as (select * from {{ source('enrich', 'tickets') }}),

accounts as (select * from {{ ref('int_ticket_accounts') }}),

topics as (select * from {{ source('enrich', 'topics') }}),

releases as (
    select
        version,
        released_at,
        lead(released_at) over (order by released_at, version) as superseded_at
    from {{ ref('int_releases') }}
),

counting as (
    select
        tickets.ticket_id,
        tickets.source,
        tickets.source_ticket_id,
        tickets.created_at,
        tickets.known_at,
        tickets.updated_at,
        tickets.solved_at,
        tickets.status,
        tickets.priority,
        tickets.channel,
        tickets.category,
        tickets.tags,
        coalesce(accounts.account_key, tickets.requester_id, tickets.ticket_id) as reporter_key,
        accounts.account_key,
        tickets.requester_id,
        tickets.assignee_id,
        tickets.group_name,
        tickets.organization_id,
        tickets.organization_name,
        tickets.locale,
        tickets.url,
        enriched.title,
        enriched.clean_text,
        enriched.language,
        enriched.intent,
        enriched.intent_confidence,
        enriched.intent_status,
        enriched.intent_second,
        enriched.intent_novelty,
        enriched.intent_reasons,
        enriched.model_id,
        enriched.product_area,
        coalesce(enriched.is_bug_like, false) as is_bug_like,
        enriched.error_signature,
        enriched.error_signature_version,
        enriched.error_code,
        coalesce(enriched.app_version, tickets.field_version) as app_version,
        enriched.page_route,
        enriched.browser,
        enriched.os,
        enriched.symptom,
        enriched.topic_id,
        enriched.topic_similarity,
        topics.label as topic_label,
        enriched.quote,
        enriched.steps,
        enriched.sentiment_first,
        enriched.sentiment_last,
        enriched.churn_kind,
        enriched.churn_span,
        enriched.enriched_at
    from tickets
    left join enriched on tickets.ticket_id = enriched.ticket_id
    left join topics on enriched.topic_id = topics.topic_id
    left join accounts on tickets.ticket_id = accounts.ticket_id
    where not coalesce(enriched.is_spam, false)
),

-- The release a stated version means: that version, else the newest one before the ticket that begins with
-- it ('4.12' is 4.12.3 when that was the newest 4.12).
stated as (
    select ticket_id, release
    from (
        select
            counting.ticket_id,
            coalesce(releases.version, counting.app_version) as release,
            row_number() over (
                partition by counting.ticket_id
                order by
                    case when releases.version = counting.app_version then 0 else 1 end,
                    releases.released_at desc,
                    releases.version desc
            ) as place
        from counting
        left join releases
            on (releases.version = counting.app_version)
            or (releases.version like counting.app_version || '.%' and releases.released_at <= counting.created_at)
        where counting.app_version is not null
    ) as candidates
    where place = 1
),

by_date as (
    select counting.ticket_id, max(releases.version) as release
    from counting
    inner join releases
        on releases.released_at <= counting.created_at
        and counting.created_at < coalesce(releases.superseded_at, counting.created_at + interval '1' day)
    group by counting.ticket_id
),

final as (
    select
        counting.*,
        coalesce(stated.release, by_date.release) as release,
        case
            when stated.release is not null then 'stated'
            when by_date.release is not null then 'by_date'
        end as release_source
    from counting
    left join stated on counting.ticket_id = stated.ticket_id
    left join by_date on counting.ticket_id = by_date.ticket_id
)

select * from final
