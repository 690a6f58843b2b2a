"""Who was erased, as keyed hashes, and what of them came again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables of the suppression as they were in version 0.3."""
    op.create_table(
        "suppression_keys",
        sa.Column("key_id", sa.Integer, primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "suppressed_addresses",
        sa.Column("address_hmac", sa.Text, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "suppressed_input",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("route", "platform", "account")),
        sa.Column("suppressed_count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
    )
