-- Nobody with an internal address is linked to a contact, unless a person decided so or the address is an exception.
-- asset: contacts.matches
-- severity: error
select matches.attendee_id, matches.contact_id, matches.rule
from contacts.matches as matches
inner join contacts.internal_identities as internal on matches.identity_id = internal.identity_id
where matches.contact_id is not null and matches.decision <> 'confirmed'
