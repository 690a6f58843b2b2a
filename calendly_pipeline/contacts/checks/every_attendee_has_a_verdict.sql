-- Every attendee has a row in the matches.
-- asset: contacts.matches
-- severity: error
select attendees.attendee_id
from meetings.attendees as attendees
where not exists (
    select 1 from contacts.matches as matches
    where matches.attendee_id = attendees.attendee_id
)
