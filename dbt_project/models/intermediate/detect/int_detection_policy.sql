-- Grain: one row, the values of the detection_policy seed as columns.
{% set names = [
    'false_alarms_per_series_year', 'baseline_days', 'min_baseline_days', 'look_back_days', 'prior_overdispersion',
    'prior_overdispersion_weight', 'profile_prior_tickets', 'episode_gap_days', 'volume_quiet_days', 'new_key_days',
    'new_key_warmup_days', 'min_reporters', 'min_tickets', 'min_reporters_place', 'min_reporters_topic', 'quiet_days', 'spell_gap_days',
    'history_days', 'publish_max_age_days', 'release_window_days', 'escalation_factor', 'escalation_min_tickets',
    'half_life_days', 'min_confidence_linear', 'min_confidence_slack', 'overlap_share', 'mode_share',
    'knowledge_min_reporters', 'knowledge_similarity', 'knowledge_max_matched', 'digest_hour',
    'quarantine_min_records', 'regression_min_reporters', 'kin_days', 'kin_topic_share', 'false_alarms_per_bug_key_year',
    'min_confidence_churn', 'churn_quiet_days', 'max_customers_per_issue',
] %}
select
    {% for name in names -%}
    max(case when name = '{{ name }}' then cast(value as double) end) as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
from {{ ref('detection_policy') }}
