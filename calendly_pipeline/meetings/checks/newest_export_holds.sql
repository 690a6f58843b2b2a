-- A booking that exports alone know begins when the newest export says, and who was absent there is absent here.
-- asset: meetings.attendees
-- severity: error
with newest as (
    select event_uuid, invitee_uuid, starts_at, is_no_show
    from sources.calendly_rows
    where problem is null and event_uuid is not null and invitee_uuid is not null
    qualify row_number() over (partition by event_uuid, invitee_uuid order by recency desc, line desc) = 1
)

select attendees.attendee_id, newest.starts_at, meetings.starts_at as held_at, newest.is_no_show
from newest
inner join meetings.attendees as attendees
    on attendees.attendee_id = 'calendly:' || newest.event_uuid || '/' || newest.invitee_uuid
inner join meetings.meetings as meetings on attendees.meeting_id = meetings.meeting_id
where
    attendees.routes = ['csv']
    and meetings.routes = ['csv']
    and (
        newest.starts_at <> meetings.starts_at
        or (newest.is_no_show and not coalesce(attendees.is_no_show, false))
        or (not newest.is_no_show and attendees.is_no_show and attendees.duplicate_of is null
            and attendees.attendee_id not in (select counted_attendee_id from meetings.duplicates))
    )
