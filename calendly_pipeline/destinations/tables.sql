-- Tables of this stage that Python loads.

-- Every attempt to write to a destination, copied from the state store.
create table if not exists destinations.ledger (
    entry_id integer,
    destination varchar,
    record_key varchar,
    operation varchar,
    payload json,
    outcome varchar,
    answer varchar,
    attempted_at timestamptz,
    settled_at timestamptz
);

-- Metric -> custom field on the contact card, from pipeline.toml.
create table if not exists destinations.lacrm_fields (
    position integer,
    metric varchar,
    field varchar,
    field_type varchar
);
