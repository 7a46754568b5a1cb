-- Grain: one row a customer; a deleted one as it last was, flagged.
with

records as (
    {{ newest_records('stripe', 'customers', json_text('landed.payload', '$.deleted') ~ " is null") }}
),

-- Of a deleted customer Stripe answers nothing but the id.
deleted as (
    {{ newest_records('stripe', 'customers', json_text('landed.payload', '$.deleted') ~ " = 'true'") }}
),

final as (
    select
        {{ prefixed('coalesce(records.id, deleted.id)', 'coalesce(records.source, deleted.source)') }} as customer_id,
        coalesce(records.source, deleted.source) as source,
        coalesce(records.id, deleted.id) as source_id,
        {{ json_text('records.payload', '$.name') }} as name,
        {{ json_text('records.payload', '$.email') }} as email,
        {{ json_text('records.payload', '$.address.country') }} as country,
        lower({{ json_text('records.payload', '$.currency') }}) as currency,
        {{ json_text('records.payload', '$.metadata') }} as metadata,
        coalesce(try_cast({{ json_text('records.payload', '$.delinquent') }} as boolean), false) as is_delinquent,
        deleted.id is not null as is_deleted,
        try_cast({{ json_text('records.payload', '$.livemode') }} as boolean) as is_live,
        {{ unix_time(json_text('records.payload', '$.created')) }} as created_at,
        coalesce(records.first_pulled_at, deleted.first_pulled_at) as first_pulled_at,
        coalesce(records.first_backfill, deleted.first_backfill) as first_backfill
    from records
    full outer join deleted on records.source = deleted.source and records.id = deleted.id
)

select * from final
