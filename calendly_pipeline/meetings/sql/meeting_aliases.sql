-- One row per earlier id of a meeting: while nothing gave its UUID it went by a key of its own.
-- grain: alias_id, meeting_id
select distinct
    unnest(derived_ids) as alias_id,
    meeting_id
from meetings.calendly_exported
where source_event_id is not null and len(derived_ids) > 0
