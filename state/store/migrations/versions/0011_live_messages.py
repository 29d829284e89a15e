"""Messages that show how a job stands, and are updated: what each shows, and when it may be updated next."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table. A row goes when its message shows how the job ended."""
    op.create_table(
        "live_messages",
        sa.Column(
            "job_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("service_url", sa.Text, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("shown_status", sa.Text, nullable=False),
        sa.Column("shown_report", sa.Text),
        sa.Column("shown_cancel", sa.BigInteger),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("live_messages")
