"""The state store: what people decided and what we did. Never derived, always transactional.

What belongs here: tables and queries of the state store. What does not: anything that a run can compute again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from calendly_pipeline.disk import disk_error, writing
from calendly_pipeline.failures import StateError

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADE_LOCK = 20260001
"""PostgreSQL's advisory lock of two upgrades at once."""
MIGRATIONS = Path(__file__).with_name("migrations")
metadata = sa.MetaData()

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("decision_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("canonical_address", sa.Text, nullable=False),
    sa.Column("name_normalised", sa.Text, nullable=False, server_default=""),
    sa.Column("contact_id", sa.Text),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("evidence", sa.JSON),
    sa.Column("rule_set_version", sa.Text, nullable=False, server_default=""),
    sa.Column("undoes", sa.Integer, sa.ForeignKey("decisions.decision_id")),
)
"""Append only. Keys are durable: canonical address, normalised name and contact, never a derived id."""

sync_ledger = sa.Table(
    "sync_ledger",
    metadata,
    sa.Column("entry_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("record_key", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
    sa.Column("kind", sa.Text, nullable=False, server_default=""),
    sa.Column("contact_id", sa.Text),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("remote_id", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Index("sync_ledger_by_record", "destination", "record_key"),
)
"""One row per attempt: `outcome` is intent, accepted, rejected or unknown; `answer` holds the vendor's words.

`remote_id` is the destination's own id of what was written, `contact_id` whose card or profile it is about.
"""

sync_runs = sa.Table(
    "sync_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("planned_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("accepted_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rejected_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unknown_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skipped_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("blocked_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("deferred_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("requests_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refused_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("waited_seconds", sa.Float, nullable=False, server_default="0"),
    sa.Column("stopped_because", sa.Text, nullable=False, server_default=""),
)
"""One row per send that was to write; a row without `ended_at` was cut off."""


webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    sa.Column("delivery_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True)),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("body_sha256", sa.Text, nullable=False),
    sa.UniqueConstraint("platform", "account", "body_sha256", name="webhook_delivery_once"),
)
"""Append only. One row per delivery with a valid signature; a repeated delivery is the same row.

`kind` is the vendor's name of the event, blank when the body names none; `occurred_at` the vendor's time of it.
"""

pulled_records = sa.Table(
    "pulled_records",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("starts_at", sa.DateTime(timezone=True)),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("is_absent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("invitees_version", sa.Text),
    sa.Column("invitees_digest", sa.Text),
    sa.Column("invitees_at", sa.DateTime(timezone=True)),
    sa.Index("pulled_records_by_start", "platform", "account", "kind", "starts_at"),
)
"""What a pull has landed of a record: tells the next pull what it need not ask for. Written after landing only.

`version` is what the vendor changes when the record changes, `digest` a hash of the record as received; the same for
the invitees of an event, which are asked for apart.
"""

pull_cursors = sa.Table(
    "pull_cursors",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
"""How far an incremental listing has been read to its end."""

oauth_tokens = sa.Table(
    "oauth_tokens",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("access_token", sa.Text, nullable=False),
    sa.Column("refresh_token", sa.Text, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("scope", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("refreshing_by", sa.Text),
    sa.Column("refreshing_until", sa.DateTime(timezone=True)),
)
"""The present pair of tokens. A refresh token works once: who refreshes first claims the row for a short time."""

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
)
"""One row per time that something was wrong; nobody is told before `due_at`. Of a cause one alert is open at a time."""
sa.Index(
    "alert_open_once",
    alerts.c.cause,
    unique=True,
    sqlite_where=alerts.c.closed_at.is_(None),
    postgresql_where=alerts.c.closed_at.is_(None),
)

alert_notices = sa.Table(
    "alert_notices",
    metadata,
    sa.Column("alert_id", sa.Integer, sa.ForeignKey("alerts.alert_id"), primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts_count", sa.Integer, nullable=False),
    sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
)
"""Who was told what: `event` is opened or recovered, `outcome` intent, sent, failed or unknown (never sent again)."""


suppression_keys = sa.Table(
    "suppression_keys",
    metadata,
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
"""The one key of the hashes below, in hexadecimal; made with the first erasure."""

suppressed_addresses = sa.Table(
    "suppressed_addresses",
    metadata,
    sa.Column("address_hmac", sa.Text, primary_key=True),
    sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
)
"""Who was erased, as HMAC-SHA-256 of the address: input that names them is filtered."""

suppressed_input = sa.Table(
    "suppressed_input",
    metadata,
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("route", "platform", "account")),
    sa.Column("suppressed_count", sa.Integer, nullable=False),
    sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
)
"""How many rows, records and deliveries of erased people came again and were filtered, by route: file, api, webhook."""


class State:
    """One state store, reached by a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite:///"):
            _create_private(Path(url.removeprefix("sqlite:///")))
        self.engine = sa.create_engine(url, hide_parameters=True)  # errors must not quote people's data
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _use_wal)

    def upgrade(self) -> None:
        """Bring the tables to the newest version; safe to repeat."""
        from alembic import command
        from alembic.runtime.migration import MigrationContext

        config = _migrations()
        with writing("the state store"), _own_errors(), self._one_at_a_time(), self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"select pg_advisory_xact_lock({UPGRADE_LOCK})")
            config.attributes["connection"] = connection
            require_known(MigrationContext.configure(connection).get_current_revision())
            command.upgrade(config, "head")

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """SQLite's driver begins no transaction for a change of tables, so a lock beside the file stands in for it."""
        if self.engine.dialect.name != "sqlite" or not self.engine.url.database:
            yield
            return
        with FileLock(f"{self.engine.url.database}.lock"):
            yield

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection whose work is committed whole or not at all.

        Raises DiskFull or DiskReadOnly when the disk does not let it.
        """
        with _own_errors(), self.engine.begin() as connection:
            yield connection

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Every row of a table, oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def upsert(self, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows that have the same keys; a row whose primary key is there is replaced in the columns given."""
        if not rows:
            return
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table)
        keys = [column.name for column in table.primary_key.columns]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))

    def close(self) -> None:
        """Release the engine's connections."""
        self.engine.dispose()


@contextmanager
def _own_errors() -> Iterator[None]:
    """A full or write-protected disk has an error of its own; what else a database says passes."""
    try:
        yield
    except DBAPIError as error:
        found = disk_error("the state store", error.orig or error)
        if found is None:
            raise
        raise found from error


def require_known(revision: str | None) -> None:
    """Raises StateError when a store was written by a newer version than this one: it must not be guessed at."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_migrations())
    if revision and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StateError(
            f"The state store is of version {revision}; this version of the pipeline knows up to "
            f"{scripts.get_current_head()}. Nothing was changed.",
            "Install the newer version again, or restore a backup that this one made.",
        )


def _migrations() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def in_utc(moment: datetime | None) -> datetime | None:
    """An instant as the state store gives it back: SQLite forgets the zone, which is always UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _create_private(path: Path) -> None:
    """The file holds tokens and people's data: nobody but its owner may read it."""
    with writing("the state store"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _use_wal(connection: Any, _record: Any) -> None:
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
