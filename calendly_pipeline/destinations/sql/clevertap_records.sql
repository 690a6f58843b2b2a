-- One row per event and profile that CleverTap should hold.
-- grain: destination, record_key
select
    'clevertap' as destination,
    record_key,
    'event' as kind,
    contact_id,
    label,
    occurred_at as happened_at,
    json_object(
        'identity', identity, 'event_name', event_name, 'occurred_at', epoch(occurred_at)::bigint, 'properties', properties
    ) as fields,
    true as is_once,
    false as is_repeatable,
    blocked_reason
from destinations.clevertap_events
union all by name
select
    'clevertap' as destination,
    concat('profile:', identity) as record_key,
    'profile' as kind,
    contact_id,
    label,
    happened_at,
    fields,
    false as is_once,
    true as is_repeatable,
    null::varchar as blocked_reason
from destinations.clevertap_profiles
