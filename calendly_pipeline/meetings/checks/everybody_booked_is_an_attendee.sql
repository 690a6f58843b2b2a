-- Whoever stands in a booking, guests and co-hosts too, stands once among the attendees of its meeting.
-- asset: meetings.attendees
-- severity: error
select bookings.attendee_id, bookings.meeting_id
from meetings.bookings as bookings
anti join meetings.attendees as attendees
    on bookings.attendee_id = attendees.attendee_id
    and bookings.meeting_id = attendees.meeting_id
    and bookings.role = attendees.role
union all by name
select attendees.attendee_id, attendees.meeting_id
from meetings.attendees as attendees
anti join meetings.bookings as bookings on attendees.attendee_id = bookings.attendee_id
