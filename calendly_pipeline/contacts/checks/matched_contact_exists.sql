-- Every contact that an attendee is linked to stands in the contacts.
-- asset: contacts.matches
-- severity: error
select matches.attendee_id, matches.contact_id
from contacts.matches as matches
where matches.contact_id is not null
    and not exists (
        select 1 from contacts.contacts as contacts
        where contacts.contact_id = matches.contact_id
    )
