-- No meeting was booked after it ended, and none was cancelled before it was booked.
-- asset: meetings.meetings
-- severity: warn
select meeting_id, booked_at, ends_at, cancelled_at
from meetings.meetings
where booked_at > ends_at or cancelled_at < booked_at - interval 1 minute
