-- One row per person's booking that belongs to a chain of moves within one platform.
-- grain: attendee_id
with recursive walk as (
    select moves.attendee_id as first_attendee_id, moves.attendee_id, 0 as moves_before
    from meetings.platform_moves as moves
    where moves.attendee_id not in (select to_attendee_id from meetings.platform_moves)
    union all
    select walk.first_attendee_id, moves.to_attendee_id as attendee_id, walk.moves_before + 1 as moves_before
    from walk
    inner join meetings.platform_moves as moves on walk.attendee_id = moves.attendee_id
    where walk.moves_before < 1000
),

ends as (
    select walk.first_attendee_id, arg_max(bookings.is_active, walk.moves_before) as is_end_active
    from walk
    inner join meetings.bookings as bookings on walk.attendee_id = bookings.attendee_id
    group by walk.first_attendee_id
)

select
    walk.attendee_id,
    walk.first_attendee_id,
    walk.moves_before,
    ends.is_end_active  -- whether the last booking of the chain stands
from walk
inner join ends on walk.first_attendee_id = ends.first_attendee_id
