"""
The answers to signed requests of job systems, by the requests' ids, for as long as they may be sent again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "receipts",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("receipts_kept", "receipts", ["kept_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("receipts")
