-- Of the bookings that were moved away, most lead to the booking they were moved to; where they do not, either moves are
-- no longer recognised or the other file is missing. Silent under five.
-- asset: meetings.attendees
-- severity: warn
with moved as (
    select count(*) as moved_count, count(rescheduled_to_id) as led_count
    from meetings.attendees
    where role = 'invitee' and status = 'rescheduled'
)

select moved_count, led_count
from moved
where moved_count >= 5 and led_count < 0.5 * moved_count
