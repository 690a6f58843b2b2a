"""Decisions of the review desk and the ledger of what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables as they were in version 0.1."""
    op.create_table(
        "decisions",
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
    op.create_table(
        "sync_ledger",
        sa.Column("entry_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("record_key", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )
    op.create_index("sync_ledger_by_record", "sync_ledger", ["destination", "record_key"])
