-- Every person of the CRM stands in the LACRM plan exactly once, and nobody else does.
-- asset: destinations.plan
-- severity: error
with wanted as (
    select contact_id from contacts.contacts where source = 'crm' and not is_company
),

planned as (
    select record_key from destinations.plan where destination = 'lacrm'
)

select contact_id as record_key, 'missing' as problem from wanted where contact_id not in (select record_key from planned)
union all by name
select record_key, 'not in the CRM' as problem from planned where record_key not in (select contact_id from wanted)
