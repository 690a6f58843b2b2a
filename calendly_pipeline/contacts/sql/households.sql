-- One row per household and contact in it, as the CRM or a person says; never inferred from names or addresses.
-- grain: household_id, contact_id
with members as (
    select household as household_id, contact_id, 'crm' as source
    from contacts.contacts
    where household is not null and not is_company and source = 'crm'
    union all by name
    select subject as household_id, contact_id, 'decision' as source
    from contacts.decisions_in_force
    where kind = 'household' and not is_contact_gone and contact_id is not null
)

select
    household_id,
    contact_id,
    min(source) as source  -- crm | decision
from members
group by household_id, contact_id
