-- Grain: one row a refund that the events of the last weeks tell of. Older ones have no date and stand on the invoice alone.
with

events as (select * from {{ ref('stg_stripe__events') }}),

refunds as (
    select
        *,
        {{ json_text('object', '$.charge') }} as charge,
        {{ json_text('object', '$.customer') }} as customer,
        {{ json_text('object', '$.currency') }} as currency,
        {{ json_text('object', '$.amount') }} as amount
    from events
    where event_type = 'refund.created'
),

-- A charge knows its customer; until 2025 it knew its invoice too.
charges as (
    select
        *,
        {{ json_text('object', '$.id') }} as charge,
        {{ json_text('object', '$.customer') }} as customer,
        {{ json_text('object', '$.invoice') }} as invoice,
        {{ json_text('object', '$.currency') }} as currency,
        cast({{ json_text('object', '$.amount_refunded') }} as bigint)
        - coalesce(cast({{ json_text('previous', '$.amount_refunded') }} as bigint), 0) as amount
    from events
    where event_type = 'charge.refunded'
),

credit_notes as (
    select
        source,
        {{ json_text('object', '$.invoice') }} as invoice,
        {{ json_text('object', '$.customer') }} as customer,
        coalesce({{ json_text('note', '$.refund') }}, {{ json_text('object', '$.refund') }}) as refund
    from (
        select *, {{ each_or_null(json_items('object', '$.refunds')) }} as note
        from events
        where event_type = 'credit_note.created'
    ) as notes
),

named as (
    select
        refunds.event_id,
        refunds.source,
        coalesce(refunds.customer, max(charges.customer), max(credit_notes.customer)) as customer,
        coalesce(max(credit_notes.invoice), max(charges.invoice)) as invoice,
        {{ major_units('refunds.amount', 'refunds.currency') }} as amount,
        lower(refunds.currency) as currency,
        refunds.occurred_at
    from refunds
    left join charges on refunds.source = charges.source and refunds.charge = charges.charge
    left join credit_notes
        on refunds.object_id = {{ prefixed('credit_notes.refund', 'credit_notes.source') }}
    group by refunds.event_id, refunds.source, refunds.customer, refunds.amount, refunds.currency, refunds.occurred_at
),

-- Older accounts are told of the charge alone.
unnamed as (
    select
        event_id, source, customer, invoice,
        {{ major_units('amount', 'currency') }} as amount,
        lower(currency) as currency,
        occurred_at
    from charges
    where (source, charge) not in (select source, charge from refunds where charge is not null)
),

final as (
    select
        event_id,
        source,
        {{ prefixed('customer') }} as billing_customer_id,
        {{ prefixed('invoice') }} as invoice_id,
        amount,
        currency,
        occurred_at
    from (select * from named union all select * from unnamed) as unioned
)

select * from final
