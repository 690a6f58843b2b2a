-- No two cards of the CRM hold one address under one name; their meetings all go to the card with the lowest id. Cards
-- that people said are one person, or are two, are left out.
-- asset: contacts.addresses
-- severity: warn
select list_sort(list(addresses.contact_id)) as contact_ids
from contacts.addresses as addresses
inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
left join contacts.same_people as same_people on addresses.contact_id = same_people.contact_id
where contacts.source = 'crm' and contacts.name_normalised is not null and same_people.contact_id is null
group by addresses.address, contacts.name_normalised, contacts.generation
having count(*) > 1
