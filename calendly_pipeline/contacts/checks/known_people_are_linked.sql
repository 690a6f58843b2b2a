-- An invitee whose address and name stand on one person's card, and on no other card, is linked to it, unless staff or a
-- person's answer says otherwise.
-- asset: contacts.matches
-- severity: error
-- blocking: false
with cards as (
    select addresses.address, min(addresses.contact_id) as contact_id, min(contacts.name_normalised) as name_normalised
    from contacts.addresses as addresses
    inner join contacts.contacts as contacts on addresses.contact_id = contacts.contact_id
    group by addresses.address
    having count(*) = 1 and not bool_or(contacts.is_company)
)

select matches.attendee_id, cards.contact_id, matches.decision, matches.rule
from contacts.matches as matches
inner join contacts.identities as identities on matches.identity_id = identities.identity_id
inner join cards
    on identities.address = cards.address and identities.name_normalised = cards.name_normalised
where
    matches.role = 'invitee'
    and matches.contact_id is distinct from cards.contact_id
    and matches.decision not in ('internal', 'confirmed', 'rejected')
    and identities.canonical_address not in (
        select canonical_address from contacts.decisions where canonical_address is not null
    )
    and identities.address not in (
        select canonical_address from contacts.decisions where canonical_address is not null
    )
    and matches.rule not in ('link_id', 'link_of_another', 'reschedule_chain')
