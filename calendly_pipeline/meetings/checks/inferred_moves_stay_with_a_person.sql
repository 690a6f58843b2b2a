-- A move that no tool told of joins two bookings of one person with one host, and the first of them no longer stands.
-- asset: meetings.attendees
-- severity: error
select old.attendee_id, new.attendee_id as to_attendee_id
from meetings.moves as moves
inner join meetings.attendees as old on moves.attendee_id = old.attendee_id
inner join meetings.attendees as new on moves.to_attendee_id = new.attendee_id
inner join meetings.meetings as old_meeting on old.meeting_id = old_meeting.meeting_id
inner join meetings.meetings as new_meeting on new.meeting_id = new_meeting.meeting_id
where
    moves.evidence = 'inferred'
    and (
        old.address <> new.address
        or old_meeting.host_email <> new_meeting.host_email
        or old.status = 'active'
        or new.booked_at >= old_meeting.starts_at
    )
