-- One row per person's booking: the first booking of its chain of moves and how often it was moved before.
-- grain: attendee_id
with recursive walk as (
    select bookings.attendee_id as first_attendee_id, bookings.attendee_id, 0 as reschedule_count
    from meetings.bookings as bookings
    where bookings.attendee_id not in (select to_attendee_id from meetings.moves)
    union all
    select walk.first_attendee_id, moves.to_attendee_id as attendee_id, walk.reschedule_count + 1 as reschedule_count
    from walk
    inner join meetings.moves as moves on walk.attendee_id = moves.attendee_id
    where walk.reschedule_count < 1000
)

select
    walk.attendee_id,
    first.meeting_id as chain_id,  -- first meeting of the chain
    walk.reschedule_count  -- moves before this row
from walk
inner join meetings.bookings as first on walk.first_attendee_id = first.attendee_id
