-- A moved booking leads to one that was booked later, and no chain runs in a circle.
-- asset: meetings.attendees
-- severity: error
select moves.attendee_id, moves.to_attendee_id
from meetings.moves as moves
inner join meetings.attendees as old on moves.attendee_id = old.attendee_id
inner join meetings.attendees as new on moves.to_attendee_id = new.attendee_id
where new.booked_at < old.booked_at
union all by name
select bookings.attendee_id, null as to_attendee_id
from meetings.bookings as bookings
left join meetings.attendee_chains as chains on bookings.attendee_id = chains.attendee_id
where chains.attendee_id is null
