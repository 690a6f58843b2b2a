-- Every usable row of every export, and every usable record of the APIs and webhooks, belongs to a meeting: nothing is
-- lost. Cal.com bookings of other people's hosts are no meetings of the firm's.
-- asset: meetings.attendees
-- severity: error
with known as (
    select meeting_id as id from meetings.meetings
    union all by name
    select alias_id as id from meetings.meeting_aliases
)

select file_id, line, null as record_id
from sources.calendly_rows
where problem is null and 'calendly:' || coalesce(event_uuid, booking_key) not in (select id from known)
union all by name
select file_id, line
from sources.calcom_rows
where problem is null and 'calcom:' || uid not in (select id from known)
union all by name
select invitees.invitee_id as record_id
from sources.calendly_invitees as invitees
inner join sources.calendly_events as events on invitees.event_id = events.event_id
where
    invitees.problem is null
    and events.problem is null
    and 'calendly:' || invitees.event_id || '/' || invitees.invitee_id not in (select attendee_id from meetings.attendees)
union all by name
select attendees.uid || '/' || attendees.address as record_id
from sources.calcom_attendees as attendees
inner join sources.calcom_bookings as bookings on attendees.uid = bookings.uid
where
    bookings.problem is null
    and bookings.is_hosted
    and bookings.is_whole
    and 'calcom:' || attendees.uid || '/' || md5(attendees.address) not in (select attendee_id from meetings.attendees)
