-- One row per booking that was moved to another booking of the same platform, per person.
-- `linked`: the vendor says so. `inferred` (exports carry no link): the old row is cancelled, the new one has the same
-- account, address, host and event type, and was booked after the old one and before the old one would have started.
-- In a chain of moves only neighbours are candidates; where a row still has two, all stay as they are.
-- Cal.com says which rows were moved away, so only those look for a successor there.
-- grain: attendee_id
with rows as (
    select attendee_id, meeting_id, platform, series, address, starts_at, booked_at, is_active, is_moved_away, state,
        linked_from_id, linked_to_id
    from meetings.bookings
    where role = 'invitee'
),

linked as (
    select old.attendee_id, new.attendee_id as to_attendee_id
    from rows as old
    inner join rows as new
        on old.address = new.address
        and (new.linked_from_id = old.meeting_id or old.linked_to_id = new.meeting_id)
    group by all
),

movable as (
    select *
    from rows
    where
        not is_active
        and (platform = 'calendly' or is_moved_away)
        and booked_at is not null
        and attendee_id not in (select attendee_id from linked)
),

successors as (
    select *
    from rows
    where booked_at is not null and state <> 'rejected' and attendee_id not in (select to_attendee_id from linked)
),

candidates as (
    select movable.attendee_id, successors.attendee_id as to_attendee_id
    from movable
    inner join successors
        on movable.series = successors.series
        and movable.booked_at < successors.booked_at
        and successors.booked_at < movable.starts_at
        and movable.meeting_id <> successors.meeting_id
),

neighbours as (
    select candidates.attendee_id, candidates.to_attendee_id
    from candidates
    where not exists (
        select 1
        from candidates as first_half
        inner join candidates as second_half on first_half.to_attendee_id = second_half.attendee_id
        where
            first_half.attendee_id = candidates.attendee_id
            and second_half.to_attendee_id = candidates.to_attendee_id
    )
),

inferred as (
    select attendee_id, to_attendee_id
    from neighbours
    qualify
        count(*) over (partition by attendee_id) = 1
        and count(*) over (partition by to_attendee_id) = 1
)

select attendee_id, to_attendee_id, 'linked' as evidence
from linked
union all by name
select attendee_id, to_attendee_id, 'inferred' as evidence
from inferred
