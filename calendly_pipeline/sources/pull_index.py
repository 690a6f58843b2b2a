"""What earlier pulls have landed, kept in the state store: tells a pull what it need not ask for again."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from calendly_pipeline.state import State, in_utc, pull_cursors, pulled_records


@dataclass(frozen=True)
class Known:
    """A record as it was landed last."""

    record_id: str
    version: str
    """The vendor's time of change; what else tells versions apart follows behind a bar."""
    digest: str
    starts_at: datetime | None
    seen_at: datetime
    is_absent: bool = False
    invitees_version: str | None = None
    invitees_digest: str | None = None
    invitees_at: datetime | None = None


class PullIndex:
    """The records of one account."""

    def __init__(self, state: State, platform: str, account: str) -> None:
        self.state = state
        self.platform = platform
        self.account = account

    def starting(self, kind: str, start: datetime, end: datetime) -> dict[str, Known]:
        """Records of a kind that start in [start, end), by id."""
        column = pulled_records.c.starts_at
        return self._select(pulled_records.c.kind == kind, column >= start, column < end)

    def of_kind(self, kind: str) -> dict[str, Known]:
        """Every record of a kind, by id."""
        return self._select(pulled_records.c.kind == kind)

    def named(self, kind: str, record_ids: Iterable[str]) -> dict[str, Known]:
        """Records of a kind by id; those not known are left out."""
        return self._select(pulled_records.c.kind == kind, pulled_records.c.record_id.in_(list(record_ids)))

    def save(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note what was landed; rows name `kind`, `record_id` and any other column. All or nothing."""
        shapes: dict[tuple[str, ...], dict[tuple[str, str], dict[str, Any]]] = {}
        for row in rows:  # of one record the last note counts
            key = (str(row["kind"]), str(row["record_id"]))
            whole = {"platform": self.platform, "account": self.account, **row}
            shapes.setdefault(tuple(sorted(whole)), {})[key] = whole
        with self.state.transaction() as connection:
            for shape in shapes.values():
                self.state.upsert(connection, pulled_records, list(shape.values()))

    def note_invitees(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note the invitees of events that are known already; rows hold `record_id` and the three invitee columns."""
        if not rows:
            return
        statement = (
            sa.update(pulled_records)
            .where(*self._mine(), pulled_records.c.kind == "event", pulled_records.c.record_id == sa.bindparam("event"))
            .values({name: sa.bindparam(f"new_{name}") for name in rows[0] if name != "record_id"})
        )
        bound = [
            {"event" if name == "record_id" else f"new_{name}": value for name, value in row.items()} for row in rows
        ]
        with self.state.transaction() as connection:
            connection.execute(statement, bound)

    def cursor(self, name: str) -> str | None:
        """How far a listing was read; None: never to its end."""
        columns = pull_cursors.c
        query = sa.select(columns.value).where(
            columns.platform == self.platform, columns.account == self.account, columns.name == name
        )
        with self.state.engine.connect() as connection:
            return connection.execute(query).scalar()

    def move_cursor(self, name: str, value: str) -> None:
        """Note that a listing was read to its end."""
        row = {"platform": self.platform, "account": self.account, "name": name, "value": value}
        with self.state.transaction() as connection:
            self.state.upsert(connection, pull_cursors, [{**row, "changed_at": datetime.now(UTC)}])

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (pulled_records.c.platform == self.platform, pulled_records.c.account == self.account)

    def _select(self, *conditions: sa.ColumnElement[bool]) -> dict[str, Known]:
        columns = pulled_records.c
        wanted = [columns[name] for name in Known.__dataclass_fields__]
        with self.state.engine.connect() as connection:
            found = connection.execute(sa.select(*wanted).where(*self._mine(), *conditions)).mappings()
            return {row["record_id"]: _known(row) for row in found}


def digest_of(record: Any) -> str:
    """A hash of a record as received, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def _known(row: sa.RowMapping) -> Known:
    moments = {name: in_utc(row[name]) for name in ("starts_at", "seen_at", "invitees_at")}
    return Known(**{**dict(row), **moments})
