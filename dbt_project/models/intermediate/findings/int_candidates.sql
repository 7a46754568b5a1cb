-- Grain: as_of x candidate_key. All candidates of all kinds in one shape, before they get keys and states.
-- raised_at: when a wave first stood out (its onset lies before). specificity: 1 the most specific; what is more specific explains what is less.
with bugs as (
    select
        as_of,
        'bug:' || group_key as candidate_key,
        'bug' as kind,
        'bug' as dimension,
        group_key as value,
        min(onset_at) as onset_at,
        max(ended_at) as ended_at,
        bool_or(is_qualified) as is_qualified,
        -- of the strongest key in the group, whichever it is known by
        min(case split_part(bug_key, ':', 1) when 'issue' then 1 when 'signature' then 2 when 'place' then 3 else 4 end)
            as specificity,
        arg_min(struct_pack(
            gate := gate, rule_id := rule_id, window_start_at := window_start_at, window_end_at := window_end_at,
            observed := observed, expected := expected, p_value := p_value
        ), struct_pack(p := coalesce(p_value, 1), k := bug_key)) as test
    from {{ ref('int_bug_groups') }}
    group by as_of, group_key
),

waves as (
    select * from {{ ref('int_volume_candidates') }}
),

final as (
    select
        as_of, candidate_key, kind, dimension, value, onset_at, onset_at as raised_at, ended_at, is_qualified,
        test.gate, test.rule_id, test.window_start_at, test.window_end_at, test.observed, test.expected, test.p_value,
        cast(null as double) as threshold, cast(null as varchar) as title, cast(null as varchar) as summary,
        case when starts_with(value, 'issue:') then 1 else specificity end as specificity
    from bugs
    union all
    select
        as_of, candidate_key, kind, dimension, value, onset_at, first_look_at, ended_at, true,
        'rise', rule_id, window_start_at, window_end_at, observed, expected, p_value, threshold, null, null,
        case
            when dimension = 'error_signature' then 5
            when kind = 'volume' and dimension = 'topic' then 6
            when kind = 'topic' then 7
            when dimension = 'intent' then 8
            else 9
        end
    from waves
    union all
    select
        as_of, candidate_key, 'knowledge', 'topic', topic_id, onset_at, onset_at, ended_at, true,
        'gap', 'P27', as_of - interval 28 day, as_of, reporters, null, null, null, null, null, 20
    from {{ ref('int_knowledge_candidates') }}
    union all
    select
        as_of, candidate_key, 'churn', 'account', account_key, onset_at, newest_at, ended_at, true,
        'churn', rule_id, null, null, null, null, null, null, title, summary, 25
    from {{ ref('int_churn_candidates') }}
    union all
    select
        as_of, candidate_key, 'quality', 'source', source, ended_at, ended_at, ended_at, true,
        'quality', 'P31', null, null, observed, null, null, null, title, summary, 30
    from {{ ref('int_quality_candidates') }}
)

select * from final
