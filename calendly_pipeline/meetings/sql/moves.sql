-- One row per person's booking that was moved to another one, within a platform or from Calendly to Cal.com.
-- Across platforms: a Calendly booking cancelled and not moved there; a Cal.com booking of the same person and host at
-- another start, made after the old booking, before the old start, and within `meetings.migration_move_days` of the
-- cancellation (of the booking where the cancellation's time is unknown); neither has a second candidate.
-- grain: attendee_id
with calendly as (
    select bookings.*
    from meetings.bookings as bookings
    where
        bookings.platform = 'calendly'
        and bookings.role = 'invitee'
        and not bookings.is_active
        and not coalesce(bookings.is_moved_away, false)  -- moved within Calendly, though its successor may not be loaded
        and bookings.booked_at is not null
        and bookings.attendee_id not in (select attendee_id from meetings.platform_moves)
        and bookings.attendee_id not in (select attendee_id from meetings.duplicates)
        and bookings.attendee_id not in (select counted_attendee_id from meetings.duplicates)
),

calcom as (
    select bookings.*
    from meetings.bookings as bookings
    where
        bookings.platform = 'calcom'
        and bookings.role = 'invitee'
        and bookings.state <> 'rejected'
        and not coalesce(bookings.is_moved_here, false)
        and bookings.booked_at is not null
        and bookings.attendee_id not in (select to_attendee_id from meetings.platform_moves)
        and bookings.attendee_id not in (select attendee_id from meetings.duplicates)
        and bookings.attendee_id not in (select counted_attendee_id from meetings.duplicates)
),

across as (
    select calendly.attendee_id, calcom.attendee_id as to_attendee_id
    from calendly
    inner join calcom
        on calendly.address = calcom.address
        and calendly.host_email = calcom.host_email
        and calendly.starts_at <> calcom.starts_at
        and calendly.booked_at < calcom.booked_at
        and calcom.booked_at < calendly.starts_at
        and abs(date_diff('second', coalesce(calendly.cancelled_at, calendly.booked_at), calcom.booked_at))
        <= $migration_move_days * 86400
    qualify
        count(*) over (partition by calendly.attendee_id) = 1
        and count(*) over (partition by calcom.attendee_id) = 1
),

moves as (
    select attendee_id, to_attendee_id, evidence
    from meetings.platform_moves
    union all by name
    select attendee_id, to_attendee_id, 'inferred' as evidence
    from across
)

select
    moves.attendee_id,
    moves.to_attendee_id,
    old.meeting_id,
    new.meeting_id as to_meeting_id,
    moves.evidence  -- linked | inferred
from moves
inner join meetings.bookings as old on moves.attendee_id = old.attendee_id
inner join meetings.bookings as new on moves.to_attendee_id = new.attendee_id
