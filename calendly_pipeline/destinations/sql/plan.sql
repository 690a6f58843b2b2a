-- One row per destination and record: what would be written, before and after, and why.
-- grain: destination, record_key
select
    cards.destination,
    cards.record_key,
    cards.operation,
    cards.payload,
    cards.before,
    cards.reason,
    cards.changed_fields_count,
    cards.counts_for_guard,
    'card' as kind,
    cards.record_key as contact_id,
    cards.record_name as label,
    null::timestamptz as happened_at,
    null::json as fields,
    sent.fields as written,
    cards.record_key as remote_id
from destinations.lacrm as cards
left join destinations.sent as sent on cards.destination = sent.destination and cards.record_key = sent.record_key
union all by name
select
    destination,
    record_key,
    operation,  -- create | update | skip | blocked
    payload,  -- field -> new value; null blanks it
    before,  -- field -> present value
    reason,
    changed_fields_count,
    counts_for_guard,  -- changes a record that was written before; the guard limits their share
    kind,  -- card, note, profile, ...: what it is at the destination
    contact_id,  -- whom it is about, when that is known
    label,  -- what a person reads
    happened_at,
    fields,  -- the whole record as wanted; null for a card
    written,  -- what we wrote of it before
    remote_id  -- the destination's own id, once it has one
from destinations.changes
