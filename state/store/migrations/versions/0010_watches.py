"""
Who is told of the end of jobs that another conversation started.

`jobs.watched` is 1 while somebody has to be told, 2 afterwards. A pattern marks the jobs that fit, up to
number `marked_through`, so that neither the start nor the end of a job reads this table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table, and the column with an index of the jobs that are watched."""
    op.create_table(
        "watches",
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text),
        sa.Column("job_id", sa.BigInteger),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("service_url", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("title_like", sa.Text),
        sa.Column("marked_through", sa.BigInteger),
    )
    op.create_index("watches_job", "watches", ["job_id"])
    op.add_column("jobs", sa.Column("watched", sa.SmallInteger, nullable=False, server_default="0"))
    where = sa.text("watched = 1")
    op.create_index("jobs_watched", "jobs", ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("jobs_watched", "jobs")
    op.drop_column("jobs", "watched")
    op.drop_table("watches")
