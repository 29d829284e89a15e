"""
The job log and the outbox.

Instants are microseconds since the epoch, UTC. `lanes` carries order, lease and back-off of one conversation:
notices are pending if ``tail > head``; `due_at` NULL is idle or parked, past is free to claim, future is
leased (`token` set) or waiting for a retry (`token` NULL). Notices up to seq `waited` were parked for a
while. `service_url` is the conversation's most recent service URL, `pace` the times of the latest sends.

A job's `notice_seq` is the place of its notice in the lane; 0 is a dead letter that was purged.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.BigInteger

#: Compared byte by byte, as in SQLite: a language-specific order would be slower and is not needed.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "jobs",
        # INTEGER on SQLite, where it is the row id; below 2^53 a double holds it exactly.
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("lane", _KEY, nullable=False),
        sa.Column("tenant", _KEY, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("requested_by", sa.Text),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("source_activity", _KEY),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("completed_at", _INSTANT),
        sa.Column("completed_by", sa.Text),
        sa.Column("notice_seq", sa.BigInteger),
        sa.CheckConstraint("id > 0 AND id < 9007199254740992", name="jobs_id_is_exact_in_a_double"),
        sa.UniqueConstraint("lane", "source_activity", name="jobs_once_per_activity"),
    )
    # On SQLite without conversations that are their own tenant: their few jobs are found by lane, and an
    # index entry would make every commit write one more page.
    op.create_index("jobs_of_tenant", "jobs", ["tenant", "id"], sqlite_where=sa.text("tenant <> lane"))
    # The number of jobs, so that no query counts them: the sum over a tenant's slots. The empty tenant stands
    # for all tenants.
    op.create_table(
        "totals",
        sa.Column("tenant", _KEY, primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True),
        sa.Column("jobs", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lanes",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("tail", sa.BigInteger, nullable=False),
        sa.Column("due_at", _INSTANT),
        sa.Column("token", _KEY),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("parked_at", _INSTANT),
        sa.Column("waited", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("service_url", sa.Text),
        sa.Column("pace", sa.Text),
        sqlite_with_rowid=False,
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("lanes_due", "lanes", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "notices",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("job_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("dead_at", _INSTANT),
        sa.Column("status", sa.Integer),
        sa.Column("attempts", sa.Integer),
        sa.Column("last_error", sa.Text),
        sqlite_with_rowid=False,
    )
    dead = sa.text("dead_at IS NOT NULL")
    op.create_index("notices_dead", "notices", ["dead_at"], sqlite_where=dead, postgresql_where=dead)
    # Members who were welcomed, and how far each conversation has read the job log.
    op.create_table(
        "members",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("member", _KEY, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bookmarks",
        sa.Column("lane", _KEY, primary_key=True),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("shown_before", sa.BigInteger),
        sa.Column("source_activity", sa.Text),
        sqlite_with_rowid=False,
    )
    # A bot's own state, beside the job log.
    op.create_table(
        "documents",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("e_tag", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables with all jobs."""
    for table in ("documents", "bookmarks", "members", "notices", "lanes", "totals", "jobs"):
        op.drop_table(table)
