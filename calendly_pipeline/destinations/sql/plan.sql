-- One row per destination and record: what would be written, before and after, and why.
-- grain: destination, record_key
select
    destination,
    record_key,
    operation,  -- create | update | skip | blocked
    payload,
    before,
    reason,
    changed_fields_count,
    counts_for_guard
from destinations.lacrm
