-- A row that does not count points to a row that does.
-- asset: meetings.attendees
-- severity: error
select losers.attendee_id, losers.duplicate_of
from meetings.attendees as losers
left join meetings.attendees as winners on losers.duplicate_of = winners.attendee_id
where losers.duplicate_of is not null and (winners.attendee_id is null or winners.duplicate_of is not null)
