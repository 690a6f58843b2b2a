-- One row per destination and record that was ever attempted: what the destination holds of it by our accepted writes.
-- grain: destination, record_key
-- source of truth: destinations.ledger
with accepted as (
    select
        destination,
        record_key,
        entry_id,
        settled_at,
        remote_id,
        from_json(payload, '"MAP(VARCHAR, JSON)"') as cells
    from destinations.ledger
    where outcome = 'accepted'
),

cells as (
    select
        destination,
        record_key,
        entry_id,
        unnest(map_keys(cells)) as field,
        unnest(map_values(cells)) as value
    from accepted
),

newest as (
    select destination, record_key, field, arg_max({'value': value}, entry_id).value as value
    from cells
    group by destination, record_key, field
),

held as (
    select
        destination,
        record_key,
        to_json(map(list(field order by field), list(value order by field))) as fields
    from newest
    group by destination, record_key
),

attempts as (
    select
        destination,
        record_key,
        max(entry_id) filter (where outcome = 'accepted') as accepted_entry_id,
        max(coalesce(settled_at, attempted_at)) filter (where outcome = 'accepted') as accepted_at,
        arg_max(remote_id, entry_id) filter (where outcome = 'accepted' and remote_id is not null) as remote_id,
        arg_max(
            {'kind': kind, 'contact_id': contact_id, 'label': label, 'outcome': outcome, 'answer': answer, 'at': attempted_at},
            entry_id
        ) as last,
        max(entry_id) filter (where outcome in ('intent', 'unknown')) as open_entry_id,
        max(attempted_at) filter (where outcome in ('intent', 'unknown')) as open_since
    from destinations.ledger
    group by destination, record_key
)

select
    attempts.destination,
    attempts.record_key,
    attempts.last.kind as kind,
    attempts.last.contact_id as contact_id,
    attempts.last.label as label,
    held.fields,  -- field -> what we last wrote; null: nothing was ever accepted
    attempts.accepted_at,
    attempts.remote_id,  -- the destination's own id
    attempts.last.outcome as last_outcome,  -- intent | accepted | rejected | unknown
    attempts.last.answer as last_answer,
    attempts.last.at as last_attempt_at,
    coalesce(attempts.open_entry_id > coalesce(attempts.accepted_entry_id, 0), false)
        as is_open,  -- an attempt since the last accepted one may or may not have arrived
    attempts.open_since
from attempts
left join held on attempts.destination = held.destination and attempts.record_key = held.record_key
