-- Grain: delivery_key. What is to be said in Slack in this run: one message a finding and episode, edited as it goes on,
-- a reply in its thread when its state changes, a digest a day. What is there already in this form makes no row.
-- A warning about an account has one thread for good: a reply when a rule fires that did not stand when the thread was
-- last told something, and one when it is resolved.
-- At most max_slack_per_run new messages and as many edits a run; the others say that they are held back.
with findings as (
    select *, 'slack:' || finding_key || ':' || episode as alert_key from {{ ref('publish_findings') }}
),

delivered as (
    select * from {{ ref('publish_deliveries') }}
),

alerts as (
    select
        findings.alert_key as delivery_key, findings.finding_key, findings.episode, 'alerts' as channel_role,
        cast(null as varchar) as thread_delivery_key,
        case when delivered.delivery_key is null then 'post' else 'update' end as operation,
        findings.body, findings.content_hash, findings.weight, findings.score, 1 as turn
    from findings
    left join delivered on delivered.delivery_key = findings.alert_key
    where (delivered.delivery_key is null and findings.may_be_alerted)
        or delivered.content_hash <> findings.content_hash
),

replies as (
    select
        findings.alert_key || ':' || findings.state as delivery_key, findings.finding_key, findings.episode,
        'alerts' as channel_role,
        findings.alert_key as thread_delivery_key,
        'post' as operation,
        findings.body, md5(findings.alert_key || ':' || findings.state) as content_hash, findings.weight,
        findings.score, 2 as turn
    from findings
    inner join delivered on delivered.delivery_key = findings.alert_key
    left join delivered as said on said.delivery_key = findings.alert_key || ':' || findings.state
    where findings.state in ('escalating', 'resolved', 'regressed')
        and findings.state <> coalesce(delivered.first_told_state, 'open')
        and said.delivery_key is null
        and findings.kind <> 'churn'
),

-- The newest news in a thread: its alert or a reply, not the edits of its alert.
told as (
    select finding_key, max(first_sent_at) as told_at
    from delivered
    where starts_with(delivery_key, 'slack:')
    group by finding_key
),

warnings as (
    select
        findings.*,
        reasons.rules_hash,
        list_filter(reasons.reasons, lambda reason: reason.fired_at > told.told_at) as new_reasons
    from findings
    inner join delivered on delivered.delivery_key = findings.alert_key
    inner join told on told.finding_key = findings.finding_key
    inner join {{ ref('publish_churn_reasons') }} as reasons on reasons.finding_key = findings.finding_key
    where findings.kind = 'churn'
),

warned as (
    select
        *,
        alert_key || case when state = 'resolved' then ':resolved:' else ':' end || rules_hash as delivery_key
    from warnings
    where state = 'resolved' or (state = 'open' and len(new_reasons) > 0)
),

churn_replies as (
    select
        warned.delivery_key, warned.finding_key, warned.episode, 'alerts' as channel_role,
        warned.alert_key as thread_delivery_key,
        'post' as operation,
        json_merge_patch(warned.body, to_json(struct_pack(new_reasons := warned.new_reasons))) as body,
        md5(warned.delivery_key) as content_hash, warned.weight, warned.score, 2 as turn
    from warned
    left join delivered on delivered.delivery_key = warned.delivery_key
    where delivered.delivery_key is null
),

digests as (
    select
        digest.delivery_key, cast(null as varchar) as finding_key, cast(null as integer) as episode,
        'digest' as channel_role, cast(null as varchar) as thread_delivery_key, 'post' as operation, digest.body,
        digest.content_hash, 0 as weight, 0.0 as score, 3 as turn
    from {{ ref('publish_digest') }} as digest
    left join delivered on delivered.delivery_key = digest.delivery_key
    where delivered.delivery_key is null
),

unioned as (
    select * from alerts
    union all
    select * from replies
    union all
    select * from churn_replies
    union all
    select * from digests
),

ranked as (
    select
        *,
        row_number() over (
            partition by operation, turn = 3 order by turn, weight desc, score desc, delivery_key
        ) as place,
        row_number() over (order by turn, operation, weight desc, score desc, delivery_key) as rank
    from unioned
),

final as (
    select
        delivery_key,
        finding_key,
        cast(episode as integer) as episode,
        channel_role,
        thread_delivery_key,
        operation,
        body,
        content_hash,
        cast(rank as integer) as rank,
        place > {{ var('max_slack_per_run', 20) }} as is_held_back,
        case
            when place > {{ var('max_slack_per_run', 20) }}
                then 'over the cap of {{ var('max_slack_per_run', 20) }} a run; it stays at the next run'
        end as hold_reason
    from ranked
)

select * from final
