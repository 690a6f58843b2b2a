"""The state store: what people decided and what we did. Never derived, always transactional.

What belongs here: tables and queries of the state store. What does not: anything that a run can compute again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event

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
    sa.Index("sync_ledger_by_record", "destination", "record_key"),
)
"""One row per attempt: `outcome` is intent, accepted, rejected or unknown; `answer` holds the vendor's words."""


class State:
    """One state store, reached by a SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _use_wal)

    def upgrade(self) -> None:
        """Bring the tables to the newest version; safe to repeat."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection whose work is committed whole or not at all."""
        with self.engine.begin() as connection:
            yield connection

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Every row of a table, oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def close(self) -> None:
        """Release the engine's connections."""
        self.engine.dispose()


def _use_wal(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
