-- Who is linked by an exact address has an address that stands on that very contact.
-- asset: contacts.matches
-- severity: error
select matches.attendee_id, matches.contact_id, matches.rule
from contacts.matches as matches
inner join contacts.identities as identities on matches.identity_id = identities.identity_id
where
    matches.rule in ('email_exact', 'shared_address_name', 'duplicate_contacts')
    and matches.decision = 'auto'
    and not exists (
        select 1 from contacts.addresses as addresses
        where addresses.contact_id = matches.contact_id and addresses.address = identities.address
    )
