-- Every event type is known to a rule; meetings of these are of type other.
-- asset: classification.meeting_types
-- severity: warn
select types.name as event_type, count(*) as meetings_count
from classification.meeting_types as types
inner join meetings.meetings as meetings on types.meeting_id = meetings.meeting_id
where types.rule = 'none' and meetings.duplicate_of is null
group by all
order by meetings_count desc, event_type
