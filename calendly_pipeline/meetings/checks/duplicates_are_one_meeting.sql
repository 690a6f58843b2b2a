-- A row that does not count and the row that counts for it are of one person, in two tools, at one instant, unless an
-- importer gave the pair away; and a meeting whose invitees all count elsewhere counts there, too.
-- asset: meetings.attendees
-- severity: error
select losers.attendee_id, losers.duplicate_of
from meetings.attendees as losers
inner join meetings.attendees as winners on losers.duplicate_of = winners.attendee_id
inner join meetings.meetings as lost on losers.meeting_id = lost.meeting_id
inner join meetings.meetings as won on winners.meeting_id = won.meeting_id
where
    losers.address <> winners.address
    or lost.platform = won.platform
    or (
        length(coalesce(case lost.platform when 'calcom' then lost.source_event_id else won.source_event_id end, '')) <= 36
        and (lost.starts_at <> won.starts_at or lost.host_email <> won.host_email)
    )
    or (losers.status = 'active' and winners.status <> 'active' and winners.rescheduled_to_id is null)
union all by name
select min(attendees.attendee_id) as attendee_id, meetings.duplicate_of
from meetings.meetings as meetings
inner join meetings.attendees as attendees on meetings.meeting_id = attendees.meeting_id
inner join meetings.attendees as counting on attendees.duplicate_of = counting.attendee_id
where attendees.role = 'invitee'
group by meetings.meeting_id, meetings.duplicate_of, meetings.invitees_count
having
    count(*) = meetings.invitees_count
    and count(distinct counting.meeting_id) = 1
    and meetings.duplicate_of is distinct from min(counting.meeting_id)
