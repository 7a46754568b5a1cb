-- Grain: one row a person in a CRM.
with

contacts as (select * from {{ ref('stg_hubspot__contacts') }}),

companies_of as (select * from {{ ref('int_crm_companies_of') }} where from_type = 'contacts'),

merged as (
    select distinct source, {{ each(tag_list('merged_ids')) }} as source_id
    from contacts
),

final as (
    select
        contacts.contact_id,
        contacts.source,
        nullif(trim(lower(contacts.email)), '') as email,
        nullif(trim(concat_ws(' ', contacts.first_name, contacts.last_name)), '') as name,
        companies_of.crm_account_id,
        contacts.is_archived or merged.source_id is not null as is_archived,
        contacts.created_at,
        {{ known_at('contacts.created_at', 'contacts') }} as known_at
    from contacts
    left join companies_of on contacts.contact_id = companies_of.from_id
    left join merged on contacts.source = merged.source and contacts.source_id = merged.source_id
)

select * from final
