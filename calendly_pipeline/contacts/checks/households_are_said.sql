-- Two contacts are one household only when the CRM names one for both, or a person decided so.
-- asset: contacts.households
-- severity: error
select households.household_id, households.contact_id
from contacts.households as households
left join contacts.contacts as contacts on households.contact_id = contacts.contact_id
where
    households.source = 'crm'
    and (contacts.household is distinct from households.household_id or contacts.is_company)
    or households.source = 'decision'
    and households.household_id not in (select subject from contacts.decisions_in_force where kind = 'household')
