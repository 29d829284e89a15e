"""
What operators see, and the record of what they do.

* `attempts`: messages that were not taken, and those that were after a failure. A first success has no row.
* `audit`: each act of an operator.
* `letter_runs`: acts over many dead letters, with the place where each goes on.
* `minutes`: what each process delivered in a minute; `waits` is a JSON list of counts.

The indexes are of few rows: of muted conversations, and of jobs that failed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_INSTANT = sa.BigInteger
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables and the indexes."""
    op.create_table(
        "attempts",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", _INSTANT, primary_key=True, autoincrement=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("code", sa.Text),
        sa.Column("retry_after", sa.BigInteger),
        sa.Column("next_at", _INSTANT),
        sqlite_with_rowid=False,
    )
    op.create_index("attempts_job", "attempts", ["job_id"])
    op.create_index("attempts_at", "attempts", ["at"])
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("audit_target", "audit", ["target"])
    op.create_table(
        "letter_runs",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("which", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("looked_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("after_at", _INSTANT, nullable=False, server_default="0"),
        sa.Column("after_lane", _KEY, nullable=False, server_default=""),
        sa.Column("after_seq", sa.BigInteger, nullable=False, server_default="0"),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "letter_runs_due", "letter_runs", ["due_at"], sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "minutes",
        sa.Column("at", _INSTANT, primary_key=True, autoincrement=False),
        sa.Column("process", _KEY, primary_key=True),
        sa.Column("sent", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("parked", sa.BigInteger, nullable=False),
        sa.Column("dead", sa.BigInteger, nullable=False),
        sa.Column("waits", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    muted = sa.text("not_before IS NOT NULL")
    op.create_index(
        "lanes_muted", "lanes", ["not_before", "lane"], sqlite_where=muted, postgresql_where=muted
    )
    failed = sa.text("status = 'failed'")
    op.create_index("jobs_failed", "jobs", ["id"], sqlite_where=failed, postgresql_where=failed)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("jobs_failed", "jobs")
    op.drop_index("lanes_muted", "lanes")
    for table in ("minutes", "letter_runs", "audit", "attempts"):
        op.drop_table(table)
