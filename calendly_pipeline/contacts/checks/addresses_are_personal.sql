-- No address stands on more differently named people than rules.toml allows; such an address identifies nobody.
-- asset: contacts.addresses
-- severity: warn
select
    md5(addresses.address) as address_key,
    count(distinct contacts.name_normalised) as names_count,
    list_sort(list(addresses.contact_id))[1:10] as contact_ids
from contacts.addresses as addresses
inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
cross join contacts.rule_set as rule_set
where not contacts.is_company
group by addresses.address, rule_set.unspecific_names
having count(distinct contacts.name_normalised) > rule_set.unspecific_names
