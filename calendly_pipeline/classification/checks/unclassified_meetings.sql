-- Every event type is known to a rule; meetings of these are of type other.
-- asset: classification.meeting_types
-- severity: warn
select coalesce(meetings.event_type_name, meetings.title) as event_type, count(*) as meetings_count
from classification.meeting_types as types
inner join meetings.meetings as meetings on types.meeting_id = meetings.meeting_id
where types.rule = 'none'
group by all
order by meetings_count desc, event_type
