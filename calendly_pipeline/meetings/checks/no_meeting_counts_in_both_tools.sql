-- Nobody's meeting with one host at one instant counts in Calendly and in Cal.com.
-- asset: meetings.attendees
-- severity: error
-- blocking: false
select
    md5(attendees.address) as address_key,
    meetings.starts_at,
    list_sort(list(attendees.attendee_id)) as attendee_ids
from meetings.attendees as attendees
inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
where
    attendees.role = 'invitee'
    and attendees.status = 'active'
    and attendees.duplicate_of is null
    and meetings.host_email is not null
    and meetings.status <> 'rejected'
group by attendees.address, meetings.starts_at, meetings.host_email
having count(distinct meetings.platform) > 1
