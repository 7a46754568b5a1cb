-- Grain: one row a company that a contact or a deal belongs to, as it was read last.
with

records as ({{ newest_records('hubspot', 'associations') }}),

links as (
    select *, {{ each(json_items('payload', '$.to')) }} as link
    from records
),

final as (
    select
        source,
        {{ json_text('payload', '$.from_type') }} as from_type,
        {{ prefixed(json_text('payload', '$.from_id')) }} as from_id,
        {{ prefixed(json_text('link', '$.id')) }} as crm_account_id,
        {{ json_texts('link', '$.labels') }} as labels
    from links
)

select * from final
