-- Every past meeting's status is known from more than an Insights file, which calls rejected meetings completed.
-- asset: meetings.meetings
-- severity: warn
select meeting_id, status, starts_at
from meetings.meetings
where not is_status_certain and duplicate_of is null
