-- One row per identity and contact whose id the booking link carried.
-- grain: identity_id, contact_id
-- changes with: identity_id
select
    identities.identity_id,
    contact_aliases.contact_id,
    'link_id' as basis,
    min(addresses.address) as contact_address,  -- null: the identity's address is none of the contact's
    min(addresses.source) as address_source
from contacts.attendee_identities as attendees
inner join contacts.contact_aliases as contact_aliases on attendees.crm_contact_hint = contact_aliases.former_id
inner join contacts.identities as identities on attendees.identity_id = identities.identity_id
left join contacts.addresses as addresses
    on contact_aliases.contact_id = addresses.contact_id
    and identities.canonical_address = addresses.canonical_address
group by identities.identity_id, contact_aliases.contact_id
