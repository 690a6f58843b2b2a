-- Every usable row of every export belongs to a meeting: nothing is lost.
-- asset: meetings.attendees
-- severity: error
with known as (
    select meeting_id as id from meetings.meetings
    union all by name
    select alias_id as id from meetings.meeting_aliases
)

select file_id, line
from sources.calendly_rows
where problem is null and 'calendly:' || coalesce(event_uuid, booking_key) not in (select id from known)
union all by name
select file_id, line
from sources.calcom_rows
where problem is null and 'calcom:' || uid not in (select id from known)
