-- Grain: one row a ticket that counts and was given no intent: the queue of what people have to look at, oldest first.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

final as (
    select
        ticket_id,
        source,
        url,
        created_at,
        title,
        quote,
        {{ json_text('intent_reasons', '$.guess') }} as guess,
        intent_confidence as confidence,
        intent_second as second_guess,
        cast({{ json_text('intent_reasons', '$.threshold') }} as double) as threshold,
        case
            when enriched_at is null then 'not read'
            when model_id is null and {{ json_text('intent_reasons', '$.guess') }} is not null then 'waits for its embedding'
            when coalesce(model_id, '') = '' then 'no model'
            when intent_confidence is null then 'no words'
            else coalesce(replace(intent_novelty, '_', ' '), 'abstained')
        end as why,
        category,
        coalesce(
            lower(trim(category)) not in ('', 'other', 'undefined', 'general', 'misc', 'none', 'unknown', 'n/a'), false
        ) as has_category
    from facts
    where intent is null
)

select * from final
