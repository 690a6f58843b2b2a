-- Nobody holds two meetings with one host at one instant.
-- asset: meetings.attendees
-- severity: warn
select attendees.address, meetings.host_email, meetings.starts_at, count(*) as row_count
from meetings.attendees as attendees
inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
where attendees.is_held and attendees.duplicate_of is null and attendees.role = 'invitee'
group by all
having count(*) > 1
