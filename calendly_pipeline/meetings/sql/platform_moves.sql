-- One row per booking that was moved to another booking of the same platform, per person.
-- `linked`: the vendor says so: Calendly by the ids of both invitees, Cal.com by the booking's uid, per address.
-- `inferred` (exports carry no link): the old row is cancelled, the new one has the same account, address, host and event
-- type, and was booked after the old one and before the old one would have started. Rows of which a route says that
-- they were cancelled for good, or booked afresh, take no part; nor do two rows whose ids a link contradicts.
-- In a chain of moves only neighbours are candidates; where a row still has two, all stay as they are.
-- Cal.com says which rows were moved away, so only those look for a successor there.
-- grain: attendee_id
with recursive rows as (
    select attendee_id, meeting_id, source_event_id, platform, series, starts_at, booked_at, is_active, is_moved_away,
        is_moved_here, state, linked_from_attendee_id, linked_to_attendee_id
    from meetings.bookings
    where role = 'invitee'
),

told as (
    select old.attendee_id, new.attendee_id as to_attendee_id, new.booked_at
    from rows as old
    inner join rows as new on old.attendee_id = new.linked_from_attendee_id
    where coalesce(date_trunc('minute', old.booked_at) <= date_trunc('minute', new.booked_at), true)
    union
    select old.attendee_id, new.attendee_id as to_attendee_id, new.booked_at
    from rows as old
    inner join rows as new on old.linked_to_attendee_id = new.attendee_id
    where coalesce(date_trunc('minute', old.booked_at) <= date_trunc('minute', new.booked_at), true)
),

from_one as (
    select attendee_id, to_attendee_id
    from told
    where attendee_id <> to_attendee_id
    qualify row_number() over (partition by attendee_id order by booked_at, to_attendee_id) = 1
),

to_one as (
    select attendee_id, to_attendee_id
    from from_one
    qualify row_number() over (partition by to_attendee_id order by attendee_id) = 1
),

-- Links that run in a circle are nobody's chain: only what a first booking leads to counts.
linked as (
    select attendee_id, to_attendee_id, 1 as step
    from to_one
    where attendee_id not in (select to_attendee_id from to_one)
    union all
    select next.attendee_id, next.to_attendee_id, linked.step + 1 as step
    from linked
    inner join to_one as next on linked.to_attendee_id = next.attendee_id
    where linked.step < 1000
),

movable as (
    select *
    from rows
    where
        not is_active
        and coalesce(is_moved_away, platform = 'calendly')
        and booked_at is not null
        and attendee_id not in (select attendee_id from linked)
),

successors as (
    select *
    from rows
    where
        booked_at is not null
        and state <> 'rejected'
        and coalesce(is_moved_here, true)
        and attendee_id not in (select to_attendee_id from linked)
),

candidates as (
    select movable.attendee_id, successors.attendee_id as to_attendee_id
    from movable
    inner join successors
        on movable.series = successors.series
        and movable.booked_at < successors.booked_at
        and successors.booked_at < movable.starts_at
        and movable.meeting_id <> successors.meeting_id
    where
        (successors.linked_from_attendee_id is null or movable.source_event_id is null)
        and (movable.linked_to_attendee_id is null or successors.source_event_id is null)
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
