-- Every person of the CRM stands in the LACRM plan exactly once, and nobody else does.
-- asset: destinations.plan
-- severity: error
with wanted as (
    select contact_id from contacts.contacts where source = 'crm' and not is_company
),

planned as (
    select record_key from destinations.plan where destination = 'lacrm' and kind = 'card'
)

select contact_id as record_key, 'missing' as problem from wanted anti join planned on contact_id = record_key
union all by name
select record_key, 'not in the CRM' as problem from planned anti join wanted on record_key = contact_id
union all by name
select record_key, 'twice' as problem from planned group by record_key having count(*) > 1
