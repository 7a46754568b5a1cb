-- Grain: one row a company that a contact or a deal belongs to, as it was read last.
with

records as ({{ newest_records('hubspot', 'associations') }}),

told as (
    select
        source,
        {{ json_text('payload', '$.from_type') }} as from_type,
        {{ json_text('payload', '$.from_id') }} as from_id,
        {{ json_items('payload', '$.to') }} as items
    from records
),

links as (select source, from_type, from_id, {{ each('items') }} as link from told),

final as (
    select
        source,
        from_type,
        {{ prefixed('from_id') }} as from_id,
        {{ prefixed(json_text('link', '$.id')) }} as crm_account_id,
        {{ json_texts('link', '$.labels') }} as labels
    from links
)

select * from final
