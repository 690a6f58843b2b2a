-- Every meeting has exactly one type.
-- asset: classification.meeting_types
-- severity: error
select meetings.meeting_id, count(types.meeting_id) as type_count
from meetings.meetings as meetings
left join classification.meeting_types as types on meetings.meeting_id = types.meeting_id
group by meetings.meeting_id
having count(types.meeting_id) <> 1
