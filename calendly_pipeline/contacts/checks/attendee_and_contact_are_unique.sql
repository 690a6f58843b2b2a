-- An attendee is linked to a contact once, and has a row without a contact only when it is linked to none.
-- asset: contacts.matches
-- severity: error
select attendee_id, contact_id, count(*) as row_count
from contacts.matches
group by attendee_id, contact_id
having count(*) > 1
union all by name
select attendee_id, null::varchar as contact_id, count(*) as row_count
from contacts.matches
group by attendee_id
having count(contact_id) > 0 and count(*) > count(contact_id)
