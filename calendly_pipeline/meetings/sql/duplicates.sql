-- One row per pair of attendee rows that are one meeting held in both tools during the migration.
-- Same address, start instant and host; within one tool the active, latest booked row stands for the slot.
-- An importer that puts Calendly's UUID in front of Cal.com's uid gives the pair away whatever else differs.
-- A host that one side does not know matches only a single candidate; otherwise there is no duplicate, and
-- `meetings.conflicts` lists the rows.
-- The row that counts: the one whose chain ends active, then Cal.com's.
-- grain: attendee_id
with slots as (
    select
        bookings.attendee_id,
        bookings.meeting_id,
        bookings.platform,
        bookings.source_event_id,
        bookings.address,
        bookings.starts_at,
        bookings.host_email,
        bookings.is_active,
        coalesce(chains.is_end_active, bookings.is_active) as is_end_active,
        row_number() over (
            partition by bookings.platform, bookings.address, bookings.starts_at, bookings.host_email
            order by bookings.is_active desc, bookings.booked_at desc nulls last, bookings.attendee_id
        ) as place
    from meetings.bookings as bookings
    left join meetings.chains as chains on bookings.attendee_id = chains.attendee_id
    where bookings.role = 'invitee' and bookings.state <> 'rejected'
),

calendly as (select * from slots where platform = 'calendly'),

calcom as (select * from slots where platform = 'calcom'),

imported as (
    select calendly.attendee_id as calendly_attendee, calcom.attendee_id as calcom_attendee, 'imported id' as reason
    from calcom
    inner join calendly on left(calcom.source_event_id, 36) = calendly.source_event_id and calcom.address = calendly.address
    where length(calcom.source_event_id) > 36
),

same_host as (
    select calendly.attendee_id as calendly_attendee, calcom.attendee_id as calcom_attendee,
        'same address, start and host' as reason
    from calendly
    inner join calcom
        on calendly.address = calcom.address
        and calendly.starts_at = calcom.starts_at
        and calendly.host_email = calcom.host_email
        and calendly.place = 1
        and calcom.place = 1
    where
        calendly.attendee_id not in (select calendly_attendee from imported)
        and calcom.attendee_id not in (select calcom_attendee from imported)
),

settled as (
    select * from imported
    union all by name
    select * from same_host
),

unknown_host as (
    select calendly.attendee_id as calendly_attendee, calcom.attendee_id as calcom_attendee,
        'same address and start, the only candidate' as reason
    from calendly
    inner join calcom
        on calendly.address = calcom.address
        and calendly.starts_at = calcom.starts_at
        and (calendly.host_email is null or calcom.host_email is null)
    where
        calendly.attendee_id not in (select calendly_attendee from settled)
        and calcom.attendee_id not in (select calcom_attendee from settled)
    qualify
        count(*) over (partition by calendly.attendee_id) = 1
        and count(*) over (partition by calcom.attendee_id) = 1
),

pairs as (
    select * from settled
    union all by name
    select * from unknown_host
),

ranked as (
    select
        pairs.reason,
        calendly.is_end_active and not calcom.is_end_active as calendly_counts,
        calendly.attendee_id as calendly_attendee,
        calendly.meeting_id as calendly_meeting,
        calcom.attendee_id as calcom_attendee,
        calcom.meeting_id as calcom_meeting
    from pairs
    inner join calendly on pairs.calendly_attendee = calendly.attendee_id
    inner join calcom on pairs.calcom_attendee = calcom.attendee_id
)

select
    case when calendly_counts then calcom_attendee else calendly_attendee end as attendee_id,  -- the row that does not count
    case when calendly_counts then calcom_meeting else calendly_meeting end as meeting_id,
    case when calendly_counts then calendly_attendee else calcom_attendee end as counted_attendee_id,
    case when calendly_counts then calendly_meeting else calcom_meeting end as counted_meeting_id,
    reason
from ranked
