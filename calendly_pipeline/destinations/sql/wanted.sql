-- One row per destination and record that should be there, cards of LACRM left out: they have a plan of their own.
-- grain: destination, record_key
select
    destination,
    record_key,  -- durable: the same record in every run
    kind,  -- what it is at the destination: note, event, profile, ...
    contact_id,  -- whom it is about, when that is known
    label,  -- what a person reads
    happened_at,  -- for the retention window; null: always within
    fields,  -- field -> value, JSON; null: blank
    is_once,  -- an act: sent once and never changed
    is_repeatable,  -- creating it twice leaves one
    blocked_reason  -- why it cannot be sent; null: it can
from destinations.lacrm_records
union all by name
select
    destination, record_key, kind, contact_id, label, happened_at, fields, is_once, is_repeatable, blocked_reason
from destinations.brevo_records
union all by name
select
    destination, record_key, kind, contact_id, label, happened_at, fields, is_once, is_repeatable, blocked_reason
from destinations.clevertap_records
union all by name
select
    destination, record_key, kind, contact_id, label, happened_at, fields, is_once, is_repeatable, blocked_reason
from destinations.ortto_people
union all by name
select
    destination, record_key, kind, contact_id, label, happened_at, fields, is_once, is_repeatable, blocked_reason
from destinations.ortto_activities
union all by name
select
    destination, record_key, kind, contact_id, label, happened_at, fields, is_once, is_repeatable, blocked_reason
from destinations.salesforce_links_records
