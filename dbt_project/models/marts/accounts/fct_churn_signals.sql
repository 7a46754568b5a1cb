-- Grain: as_of x finding_key x rule. Every churn rule that stands for an account, or stood last, with its evidence.
with signals as (
    select * from {{ ref('int_churn_signals') }}
),

keys as (
    select * from {{ ref('int_candidate_findings') }}
),

findings as (
    select as_of, finding_key, candidate_key from {{ ref('fct_findings') }}
),

final as (
    select
        signals.as_of,
        keys.finding_key,
        signals.account_key,
        signals.rule_id,
        signals.rule_name,
        signals.weight,
        signals.fired_at,
        signals.last_at,
        signals.stands_until,
        signals.is_firing,
        signals.ticket_ids,
        signals.record_ids,
        signals.text
    from signals
    inner join keys on keys.as_of = signals.as_of and keys.candidate_key = 'churn:' || signals.account_key
    inner join findings on findings.as_of = keys.as_of and findings.candidate_key = keys.candidate_key
)

select * from final
