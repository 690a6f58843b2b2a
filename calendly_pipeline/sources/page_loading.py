"""Landed answers into `sources.api_records`: of every record the newest version, whatever the order of the files.

Newest by the vendor's own time of change, then by when it was said: a copy at the vendor's that lags may answer later
than it knows.

Each file is loaded once. When landing no longer holds a file that was loaded, everything is loaded again: what it said
must be forgotten.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.home import Home
from calendly_pipeline.sources.pages import finished_pulls, page_files
from calendly_pipeline.warehouse import insert_rows

FILES_AT_ONCE = 200
LARGEST_ANSWER_BYTES = 256_000_000

# A page of `events` holds records of kind `event`; what is not named here (who the token is) is no record.
CALENDLY_KINDS = {
    "users": "user",
    "event_types": "event_type",
    "event_type": "event_type",
    "events": "event",
    "event": "event",
    "invitees": "invitee",
    "routing_forms": "routing_form",
    "routing_form_submissions": "routing_form_submission",
    "webhook_subscriptions": "webhook_subscription",
}
CALCOM_KINDS = {"bookings": "booking", "booking": "booking", "event_types": "event_type"}
LACRM_KINDS = {"contacts": "contact", "contact": "contact"}
KINDS = {"calendly": CALENDLY_KINDS, "calcom": CALCOM_KINDS, "lacrm": LACRM_KINDS}

READ_LINES = """
create or replace temp table landed_lines as
select
    split_part(parts.path, '/', 1) as platform,
    split_part(parts.path, '/', 2) as account,
    parts.path,
    lines.kind,
    lines.received_at::timestamptz as observed_at,
    lines.request,
    lines.suppressed,
    lines.body
from read_json(
    $paths, format = 'newline_delimited', filename = 'file', maximum_object_size = $largest,
    columns = {kind: 'VARCHAR', request: 'VARCHAR', received_at: 'VARCHAR', body: 'JSON', suppressed: 'INTEGER'}
) as lines,
lateral (select replace(lines.file, $root, '') as path) as parts
"""

RECORDS = """
create or replace temp table landed_records as
with kinds as (
    select * from (select unnest(from_json($kinds, '[{"platform": "VARCHAR", "page": "VARCHAR", "kind": "VARCHAR"}]'),
        recursive := true))
),

listed as (
    select
        lines.platform, lines.account, kinds.kind, lines.observed_at,
        unnest(case
            when json_type(lines.body -> 'collection') = 'ARRAY' then from_json(lines.body -> 'collection', '["JSON"]')
            when json_type(lines.body -> 'data') = 'ARRAY' then from_json(lines.body -> 'data', '["JSON"]')
            when json_type(lines.body -> 'resource') = 'OBJECT' then [lines.body -> 'resource']
            when json_type(lines.body -> 'data') = 'OBJECT' then [lines.body -> 'data']
            when lines.platform = 'lacrm' then lacrm_rows(lines.body)
            else []::json[]
        end) as record
    from landed_lines as lines
    inner join kinds on lines.platform = kinds.platform and lines.kind = kinds.page
),

attending as (
    select
        platform, account, observed_at, record ->> 'uid' as uid, record ->> 'updatedAt' as changed,
        unnest(from_json(record -> 'attendees', '["JSON"]')) as record
    from listed
    where platform = 'calcom' and kind = 'booking' and json_type(record -> 'attendees') = 'ARRAY'
),

identified as (
    select
        platform, account, kind, observed_at, record,
        case
            when platform = 'calcom' and kind = 'booking' then record ->> 'uid'
            when platform = 'calcom' then record ->> 'id'
            when platform = 'lacrm' then record ->> 'ContactId'
            when kind = 'user' then lower(regexp_extract(record ->> '$.user.uri', '([^/]+)/?$', 1))
            else lower(regexp_extract(record ->> 'uri', '([^/]+)/?$', 1))
        end as record_id,
        case kind
            when 'invitee' then lower(regexp_extract(record ->> 'uri', '/scheduled_events/([^/]+)/', 1))
            when 'routing_form_submission' then lower(regexp_extract(record ->> 'routing_form', '([^/]+)/?$', 1))
        end as parent_id
    from listed
    union all by name
    select
        platform, account, 'attendee' as kind, observed_at, record,
        uid || '/' || plain_address(record ->> 'email') as record_id,
        uid as parent_id,
        changed
    from attending
    union all by name
    select
        platform, account, kind, observed_at, body as record,
        body ->> 'record_id' as record_id,
        null as parent_id
    from landed_lines
    where kind = 'absence'
    union all by name
    -- A deleted subscription is in no answer: that the list was given without it has to be remembered.
    select
        platform, account, 'listing' as kind, observed_at, json_object('kind', kind) as record,
        'webhook_subscription' as record_id,
        null as parent_id
    from landed_lines
    where kind = 'webhook_subscriptions'
    union all by name
    -- Invitees that were erased: their event is not one whose invitees are missing.
    select
        platform, account, 'suppressed' as kind, observed_at, json_object('count', suppressed) as record,
        lower(regexp_extract(request, '/scheduled_events/([^/?]+)/invitees', 1)) as record_id,
        null as parent_id
    from landed_lines
    where suppressed > 0
    union all by name
    -- What is no longer in these lists is gone.
    select platform, account, 'listing' as kind, observed_at, body as record, kind as record_id, null as parent_id
    from landed_lines
    where
        (platform = 'lacrm' and kind in ('contact_ids', 'contact_fields', 'company_fields'))
        or (platform = 'calendly' and kind in ('user_ids', 'event_type_ids'))
        or (platform = 'salesforce' and kind = 'users')
    union all by name
    select platform, account, kind, observed_at, body as record, body ->> 'record_id' as record_id, null as parent_id
    from landed_lines
    where platform = 'lacrm' and kind = 'relationships'
)

select
    platform, account, kind, record_id, parent_id, observed_at,
    try_cast(
        coalesce(record ->> 'updated_at', record ->> 'updatedAt', record ->> 'LastUpdate', changed) as timestamptz
    ) as updated_at,
    record as body
from identified
where nullif(record_id, '') is not null
qualify row_number() over (
    partition by platform, account, kind, record_id
    order by known_at(kind, updated_at, observed_at) desc, observed_at desc, md5(record::varchar) desc
) = 1
"""

KEEP_NEWEST = (
    """
    delete from landed_records as fresh using sources.api_records as held
    where fresh.platform = held.platform and fresh.account = held.account and fresh.kind = held.kind
        and fresh.record_id = held.record_id
        and (known_at(held.kind, held.updated_at, held.observed_at), held.observed_at, md5(held.body::varchar))
            >= (known_at(fresh.kind, fresh.updated_at, fresh.observed_at), fresh.observed_at, md5(fresh.body::varchar))
    """,
    """
    delete from sources.api_records as held using landed_records as fresh
    where fresh.platform = held.platform and fresh.account = held.account and fresh.kind = held.kind
        and fresh.record_id = held.record_id
    """,
    "insert into sources.api_records by name select * from landed_records",
)


@dataclass(frozen=True)
class PageReport:
    """What loading did."""

    files_count: int
    pulls_count: int
    loaded_again: bool


def load_pages(connection: duckdb.DuckDBPyConnection, home: Home) -> PageReport:
    """Load every landed file and manifest that was not loaded yet."""
    files = {path.relative_to(home.landing).as_posix(): path for path in page_files(home)}
    pulls = dict(finished_pulls(home))
    loaded_again = _forget_if_shrunk(connection, set(files), set(pulls))
    read = _column(connection, "select path from sources.page_files")
    new = [(name, path) for name, path in files.items() if name not in read]
    for first in range(0, len(new), FILES_AT_ONCE):
        _load(connection, home, new[first : first + FILES_AT_ONCE])
    known = _column(connection, "select pull_id from sources.pulls")
    rows = [_pull_row(name, manifest) for name, manifest in pulls.items() if name not in known]
    insert_rows(connection, "sources.pulls", rows)
    return PageReport(len(new), len(rows), loaded_again)


def _load(connection: duckdb.DuckDBPyConnection, home: Home, part: Sequence[tuple[str, Path]]) -> None:
    kinds = [
        {"platform": platform, "page": page, "kind": kind}
        for platform, named in KINDS.items()
        for page, kind in named.items()
    ]
    paths = [str(path) for _, path in part]
    bound = {"paths": paths, "largest": LARGEST_ANSWER_BYTES, "root": f"{home.landing}/"}
    connection.execute("begin")
    try:
        connection.execute(READ_LINES, bound)
        connection.execute(RECORDS, {"kinds": json.dumps(kinds)})
        for statement in KEEP_NEWEST:
            connection.execute(statement)
        connection.execute(
            "insert into sources.page_files select path, count(*)::integer from landed_lines group by path"
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _forget_if_shrunk(connection: duckdb.DuckDBPyConnection, files: set[str], pulls: set[str]) -> bool:
    gone = _column(connection, "select path from sources.page_files") - files
    gone |= _column(connection, "select pull_id from sources.pulls") - pulls
    if gone:
        connection.execute("begin")
        for table in ("page_files", "api_records", "pulls"):
            connection.execute(f"delete from sources.{table}")  # noqa: S608 - our own tables
        connection.execute("commit")
    return bool(gone)


def _pull_row(name: str, manifest: Any) -> dict[str, Any]:
    row = {key: value for key, value in manifest.items() if key != "run"}
    return {**row, "pull_id": name, "counts": json.dumps(manifest["counts"])}


def _column(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {value for (value,) in connection.execute(query).fetchall()}
