"""What a refresh publishes for the review desk: one DuckDB file, written apart and renamed, read by whoever asks.

What belongs here: which tables are published, writing the file, opening it. What does not: what is shown of them.

DuckDB gives the live warehouse to one process, so the desk never opens it. A reader that has the former file open goes
on reading it; the next question opens the new one.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from calendly_pipeline.failures import StoreError
from calendly_pipeline.warehouse import prepare

Row = dict[str, Any]

AS_TEXT = "identity_text(identity_id) as identity_id"
NAMED = f"* replace ({AS_TEXT})"
"""All columns; an identity's id as text, as pages' addresses and sheets of any version bring it back."""

PUBLISHED: Mapping[str, str] = {
    "sources.files": "file_id, folder, name",
    "sources.calendly_rows": "file_id, line, event_uuid, booking_key",
    "sources.calcom_rows": "file_id, line, uid",
    "meetings.meetings": "*",
    "meetings.meeting_aliases": "*",
    "meetings.attendees": "*",
    "meetings.conflicts": "*",
    "contacts.rule_set": "*",
    "contacts.rules": "*",
    "contacts.mail_domains": "*",
    "contacts.contacts": "*",
    "contacts.contact_aliases": "*",
    "contacts.addresses": "*",
    "contacts.identities": NAMED,
    "contacts.matches": NAMED,
    "contacts.match_evidence": NAMED,
    "contacts.review_queue": NAMED,
    "contacts.decisions": "decision_id, kind, decided_by, decided_at, reason",
    "contacts.decided_identities": f"{AS_TEXT}, decision_id",
    "classification.meeting_types": "*",
    "metrics.contact_metrics": "*",
    "metrics.client_timeline": "*",
    "destinations.plan": "*",
    "destinations.sent": "*",
}
"""Table -> columns: the queue and its evidence, and all that `explain` reads."""

LABEL = """
    create table desk.main.published as
    select
        $as_of::timestamptz as as_of,
        $now::timestamptz as published_at,
        (select coalesce(max(decision_id), 0) from contacts.decisions) as newest_decision_id,
        (select rule_set_version from contacts.rule_set) as rule_set_version
"""


def publish(connection: duckdb.DuckDBPyConnection, target: Path, as_of: datetime, now: datetime) -> int:
    """Write the snapshot and put it in place of the former one; returns its size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    quoted = str(temporary).replace("'", "''")
    connection.execute(f"attach '{quoted}' as desk")
    try:
        for schema in sorted({table.partition(".")[0] for table in PUBLISHED}):
            connection.execute(f"create schema desk.{schema}")
        for table, columns in PUBLISHED.items():
            connection.execute(f"create table desk.{table} as select {columns} from {table}")  # noqa: S608 - our own names
        connection.execute(LABEL, {"as_of": as_of, "now": now})
    finally:
        connection.execute("detach desk")
    temporary.chmod(0o600)  # it holds people's data
    temporary.replace(target)
    return target.stat().st_size


def published_decision_id(path: Path) -> int:
    """The newest decision that the published tables know of; 0 when nothing is published."""
    snapshot = Snapshot(path)
    try:
        with snapshot.read() as published:
            return published.newest_decision_id
    except StoreError:
        return 0
    finally:
        snapshot.close()


class Snapshot:
    """The published file, opened when it is first asked for and again when a refresh has replaced it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._seen: tuple[int, int, int] | None = None

    @contextmanager
    def read(self) -> Iterator["Published"]:
        """The snapshot as it is now; one reader at a time. Raises StoreError when nothing was published yet."""
        with self._lock:
            yield Published(self._current())

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _current(self) -> duckdb.DuckDBPyConnection:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._close()
            raise StoreError("Nothing is published for the desk yet.", "Run `calendly-pipeline run` first.") from None
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if self._connection is None or seen != self._seen:
            self._close()  # first: DuckDB would hand out the former file's instance again
            connection = duckdb.connect(str(self.path), read_only=True, config={"threads": 2})
            prepare(connection)
            connection.execute("set enable_external_access = false")
            self._connection, self._seen = connection, seen
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Published:
    """An open snapshot: rows of it, and what stands on its label."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        (self.label,) = self.rows("from main.published")

    @property
    def newest_decision_id(self) -> int:
        """The newest decision the published verdicts know of."""
        return self.label["newest_decision_id"]

    @property
    def rule_set_version(self) -> str:
        """The rules the published verdicts were made with."""
        return self.label["rule_set_version"] or ""

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """Rows of a query as dictionaries."""
        result = self.connection.execute(query, parameters)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def contact_id_of(self, said: str) -> str | None:
        """The present id of a contact, given any id it goes or went by."""
        found = self.rows(
            "select contacts.contact_id from contacts.contacts as contacts "
            "left join contacts.contact_aliases as aliases on contacts.contact_id = aliases.contact_id "
            "where $said in (contacts.contact_id, aliases.former_id) order by contacts.contact_id <> $said limit 1",
            said=said,
        )
        return found[0]["contact_id"] if found else None

    def canonical_address(self, said: str) -> str:
        """An address as decisions are kept under; a domain stays a domain."""
        (found,) = self.rows(
            "with plain as (select coalesce(plain_address($said), '') as address) "
            "select canonical_address(plain.address, domains.class = 'relay') as address from plain "
            "left join contacts.mail_domains as domains "
            "on split_part(plain.address, '@', 2) = domains.domain and domains.class = 'relay' limit 1",
            said=said,
        )
        return found["address"]
