-- An address that stands on a card letter for letter is found as such, not as another spelling of the same mailbox.
-- asset: contacts.candidates_address
-- severity: error
select candidates.identity_id, candidates.contact_id, candidates.basis
from contacts.candidates_address as candidates
inner join contacts.identities as identities on candidates.identity_id = identities.identity_id
where candidates.basis <> 'email_exact' and identities.address = candidates.contact_address
