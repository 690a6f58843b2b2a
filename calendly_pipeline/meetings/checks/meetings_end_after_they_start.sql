-- Every meeting ends after it starts and lasts at most a day.
-- asset: meetings.meetings
-- severity: warn
select meeting_id, starts_at, ends_at
from meetings.meetings
where ends_at <= starts_at or ends_at > starts_at + interval 24 hour
