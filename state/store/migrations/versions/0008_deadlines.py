"""
Deadlines of jobs: by when a job must begin, be heard of, and end; see `jobs.deadlines`.

`check_at` is when the first of them passes that was not told yet, and `overdue` has those that were told.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_INSTANTS = ("start_by", "heard_every", "heard_by", "finish_by", "check_at")


def upgrade() -> None:
    """Add the columns, and an index of the jobs that are looked after."""
    for name in _INSTANTS:
        op.add_column("jobs", sa.Column(name, sa.BigInteger))
    op.add_column("jobs", sa.Column("overdue", sa.Text, nullable=False, server_default=""))
    where = sa.text("check_at IS NOT NULL")
    op.create_index("jobs_check", "jobs", ["check_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("jobs_check", "jobs")
    for name in ("overdue", *reversed(_INSTANTS)):
        op.drop_column("jobs", name)
