-- One row per event that CleverTap took, or may have taken, read out of its record key:
-- `event:<subject>:<act>:<person key>:<meeting id>`.
-- grain: record_key
select
    record_key,
    split_part(record_key, ':', 2) as subject,  -- host | invitee
    split_part(record_key, ':', 3) as act,  -- the transition; from the second time on with its number: no_show_2
    split_part(record_key, ':', 4) as person_key,
    array_to_string(string_split(record_key, ':')[5:], ':') as meeting_id  -- as it was called then
from destinations.sent
where destination = 'clevertap' and kind = 'event' and (accepted_at is not null or is_open)
