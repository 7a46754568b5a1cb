-- Grain: one row an invoice, in its newest version; deleted drafts too, flagged.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='invoice_id',
    post_hook="{{ drop_quarantined('invoices') }}"
) }}

{%- set currency = json_text('payload', '$.currency') %}
with

records as ({{ newest_records('stripe', 'invoices') }}),

final as (
    select
        {{ prefixed('id') }} as invoice_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.number') }} as number,
        {{ prefixed(json_text('payload', '$.customer')) }} as customer_id,
        -- named by the invoice itself until 2025, and by its parent since
        {{ prefixed(
            "coalesce(" ~ json_text('payload', '$.parent.subscription_details.subscription') ~ ", "
            ~ json_text('payload', '$.subscription') ~ ")"
        ) }} as subscription_id,
        {{ json_text('payload', '$.status') }} as status,
        lower({{ currency }}) as currency,
        {{ major_units(json_text('payload', '$.total'), currency) }} as total,
        {{ major_units(json_text('payload', '$.amount_due'), currency) }} as amount_due,
        {{ major_units(json_text('payload', '$.amount_paid'), currency) }} as amount_paid,
        {{ major_units(json_text('payload', '$.post_payment_credit_notes_amount'), currency) }} as amount_refunded,
        try_cast({{ json_text('payload', '$.attempt_count') }} as integer) as attempt_count,
        {{ json_text('payload', '$.billing_reason') }} as billing_reason,
        try_cast({{ json_text('payload', '$.livemode') }} as boolean) as is_live,
        coalesce(try_cast({{ json_text('payload', '$.deleted') }} as boolean), false) as is_deleted,
        {{ unix_time(json_text('payload', '$.created')) }} as created_at,
        {{ unix_time(json_text('payload', '$.status_transitions.finalized_at')) }} as finalized_at,
        {{ unix_time(json_text('payload', '$.due_date')) }} as due_at,
        {{ unix_time(json_text('payload', '$.status_transitions.paid_at')) }} as paid_at,
        {{ unix_time(json_text('payload', '$.status_transitions.voided_at')) }} as voided_at,
        {{ unix_time(json_text('payload', '$.status_transitions.marked_uncollectible_at')) }} as uncollectible_at,
        {{ unix_time(json_text('payload', '$.next_payment_attempt')) }} as next_attempt_at,
        pulled_at,
        {{ arrival() }}
    from records
)

select * from final
