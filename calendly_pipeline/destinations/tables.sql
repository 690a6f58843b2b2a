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
    settled_at timestamptz,
    kind varchar,
    contact_id varchar,
    label varchar,
    remote_id varchar,
    run_id varchar
);

-- Every send that was to write, copied from the state store; one without `ended_at` was cut off.
create table if not exists destinations.runs (
    run_id varchar,
    destination varchar,
    started_at timestamptz,
    ended_at timestamptz,
    planned_count integer,
    accepted_count integer,
    rejected_count integer,
    unknown_count integer,
    skipped_count integer,
    blocked_count integer,
    deferred_count integer,
    requests_count integer,
    refused_count integer,
    waited_seconds double,
    stopped_because varchar
);

-- Metric -> custom field on the contact card, from pipeline.toml.
create table if not exists destinations.lacrm_fields (
    position integer,
    metric varchar,
    field varchar,
    field_type varchar
);
