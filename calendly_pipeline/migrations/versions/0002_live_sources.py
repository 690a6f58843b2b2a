"""Webhook deliveries, what was pulled, and OAuth tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of the live sources as they were in version 0.2."""
    op.create_table(
        "webhook_deliveries",
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
    op.create_table(
        "pulled_records",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("platform", "account", "kind", "record_id")),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_absent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("invitees_version", sa.Text),
        sa.Column("invitees_digest", sa.Text),
        sa.Column("invitees_at", sa.DateTime(timezone=True)),
    )
    op.create_index("pulled_records_by_start", "pulled_records", ["platform", "account", "kind", "starts_at"])
    op.create_table(
        "pull_cursors",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("platform", "account", "name")),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "oauth_tokens",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("platform", "account")),
        sa.Column("access_token", sa.Text, nullable=False),
        sa.Column("refresh_token", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scope", sa.Text, nullable=False, server_default=""),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refreshing_by", sa.Text),
        sa.Column("refreshing_until", sa.DateTime(timezone=True)),
    )
