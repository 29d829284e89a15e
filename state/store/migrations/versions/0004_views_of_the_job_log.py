"""
Views of the job log: the jobs of one conversation first, and those that are running.

A bookmark says in which section of a view it is; those of before are in the list of all jobs.

The indexes give the order of the jobs of one conversation, where `jobs_of_tenant` (PostgreSQL) or
`jobs_of_lane` (SQLite, since 0002) does not, and of the running ones. The latter hold running jobs only, so
they stay small. Making them reads the table once: a second or two for a million jobs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_RUNNING = "status IN ('queued', 'running')"
_INDEXES = {
    "jobs_of_tenants_lane": (["lane", "id"], "tenant <> lane"),
    "jobs_running": (["id"], _RUNNING),
    "jobs_running_of_tenant": (["tenant", "id"], f"{_RUNNING} AND tenant <> lane"),
}


def upgrade() -> None:
    """Add the columns and the indexes."""
    for name in ("section", "shown_section"):
        op.add_column("bookmarks", sa.Column(name, sa.Text, nullable=False, server_default="all"))
    for name, (columns, where) in _INDEXES.items():
        op.create_index(name, "jobs", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Drop them; places in views that an earlier version does not know are forgotten."""
    for name in _INDEXES:
        op.drop_index(name, "jobs")
    op.execute("DELETE FROM bookmarks WHERE section <> 'all'")
    for name in ("shown_section", "section"):
        op.drop_column("bookmarks", name)
