"""What a ledger entry is about, and the runs of sends."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COUNTS = ("planned", "accepted", "rejected", "unknown", "skipped", "blocked", "deferred", "requests", "refused")


def upgrade() -> None:
    """Add the columns and the table of version 0.3."""
    with op.batch_alter_table("sync_ledger") as ledger:
        ledger.add_column(sa.Column("kind", sa.Text, nullable=False, server_default=""))
        ledger.add_column(sa.Column("contact_id", sa.Text))
        ledger.add_column(sa.Column("label", sa.Text, nullable=False, server_default=""))
        ledger.add_column(sa.Column("remote_id", sa.Text))
        ledger.add_column(sa.Column("run_id", sa.Text))
    op.create_table(
        "sync_runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        *(sa.Column(f"{name}_count", sa.Integer, nullable=False, server_default="0") for name in COUNTS),
        sa.Column("waited_seconds", sa.Float, nullable=False, server_default="0"),
        sa.Column("stopped_because", sa.Text, nullable=False, server_default=""),
    )
