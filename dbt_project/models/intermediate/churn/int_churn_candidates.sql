-- Grain: as_of x account. What the standing rules of an account amount to: one candidate an account. The confidence is the
-- sum of the weights, at most 1.
with signals as (
    select * from {{ ref('int_churn_signals') }}
),

facts as (
    select * from {{ ref('int_account_facts_at') }}
),

counted as (
    select
        as_of,
        account_key,
        count(*) as signals,
        round(least(1, cast(sum(cast(weight as decimal(6, 3))) as double)), 2) as confidence,
        arg_max(rule_id, struct_pack(weight := weight, last := last_at, rule := rule_id)) as rule_id,
        min(fired_at) as onset_at,
        max(last_at) as newest_at,
        least(as_of, max(stands_until), coalesce(max(left_at), as_of)) as ended_at,
        bool_or(has_left) as has_left,
        max(left_at) as left_at,
        string_agg(upper(left(text, 1)) || substr(text, 2), '. ' order by weight desc, rule_id) || '.' as texts,
        list(struct_pack(rule := rule_id, text := rule_name || ': ' || text) order by weight desc, rule_id) as reasons
    from signals
    group by as_of, account_key
),

final as (
    select
        counted.*,
        'churn:' || counted.account_key as candidate_key,
        facts.name,
        facts.tier,
        facts.owner_name,
        facts.arr_reporting as arr,
        'Churn risk: ' || left(coalesce(facts.name, counted.account_key), 120) || ' ('
        || {{ counted('counted.signals', 'signal') }} || ', ARR '
        || coalesce({{ money_words('round(facts.arr_reporting, 0)', "'" ~ var('reporting_currency') ~ "'") }}, 'unknown')
        || ')' as title,
        case
            when counted.has_left
                then coalesce('They left on ' || {{ day_words('counted.left_at') }} || '. ', 'They left. ') || 'Before: '
            else ''
        end || counted.texts as summary
    from counted
    left join facts on facts.as_of = counted.as_of and facts.account_key = counted.account_key
)

select * from final
