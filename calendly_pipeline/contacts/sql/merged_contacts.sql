-- One row per contact that LACRM no longer lists and the one contact that took over all its addresses under a name that
-- agrees: the two were merged. LACRM itself does not say so; a contact whose addresses nobody has was deleted.
-- grain: former_id
-- through: contacts.names: said = contacts.names_on_cards: said
-- through: contacts.name_parts: name_normalised = contacts.names: name_normalised
-- through: contacts.name_parts: name_normalised = contacts.entries: name_normalised
with gone as (
    select
        lacrm_contacts.contact_key as former_id,
        names.name_normalised,
        list_filter(
            list_transform(from_json(lacrm_contacts.addresses, '["VARCHAR"]'), lambda cell: plain_address(cell)),
            lambda address: contains(address, '@')
        ) as addresses
    from sources.lacrm_contacts as lacrm_contacts
    inner join contacts.names as names
        on name_of(
            lacrm_contacts.full_name, lacrm_contacts.first_name, lacrm_contacts.middle_name, lacrm_contacts.last_name
        ) = names.said
    where
        not lacrm_contacts.is_listed
        and not coalesce(said_true(lacrm_contacts.is_company), false)
        and names.name_normalised is not null
),

one_address as (
    select *, unnest(addresses[1:1]) as address
    from gone
),

present as (
    select contact_id, own_id, name_normalised, addresses, unnest(addresses) as address
    from contacts.entries
    where source = 'crm' and has_crm_id and not is_company
),

heirs as (
    select one_address.former_id, present.contact_id
    from one_address
    inner join present on one_address.address = present.address
    inner join contacts.name_parts as former_parts on one_address.name_normalised = former_parts.name_normalised
    inner join contacts.name_parts as present_parts on present.name_normalised = present_parts.name_normalised
    cross join contacts.rule_set as rule_set
    where
        list_has_all(present.addresses, one_address.addresses)
        and name_agreement(
            former_parts, present_parts,
            rule_set.surname_similarity, rule_set.first_name_similarity, rule_set.joined_letters
        ) in ('full', 'near', 'first_only')
    group by one_address.former_id, present.contact_id
)

select
    former_id,  -- the id that is gone
    min(contact_id) as contact_id  -- the contact that was kept
from heirs
group by former_id
having count(*) = 1
