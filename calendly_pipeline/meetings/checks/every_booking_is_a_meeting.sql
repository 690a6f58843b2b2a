-- Every usable row of every export belongs to a meeting and to an attendee of it: nothing is lost.
-- asset: meetings.attendees
-- severity: error
select rows.file_id, rows.line
from sources.calendly_rows as rows
left join meetings.attendees as attendees
    on rows.address = attendees.address
    and (
        attendees.meeting_id = 'calendly:' || rows.event_uuid
        or rows.event_uuid is null
        and attendees.meeting_id like 'calendly:%'
    )
where rows.problem is null and attendees.attendee_id is null
union all by name
select rows.file_id, rows.line
from sources.calcom_rows as rows
left join meetings.meetings as meetings on meetings.meeting_id = 'calcom:' || rows.uid
where rows.problem is null and meetings.meeting_id is null
