"""
Kinds of destinations and notices, and more job statuses.

A lane has the `kind` of its destination, and `not_before`: before that instant nothing is sent to it. A
notice has a `kind` and a JSON `body`. A job has the id of the user who asked (`requester_id`, beside the
name), and the id of the message that says it was started (`message_id`).

A job's status may also be queued, failed or cancelled. The code's SUCCEEDED is still stored as `completed`:
that avoids rewriting millions of rows, and replicas of the previous version can read it during an upgrade.

Every column has a constant default, which neither database writes into existing rows: the migration takes the
same time with a million jobs as with none.

On SQLite the index `jobs_of_lane` orders the jobs of a conversation that is its own tenant: without it `show`
reads and sorts all its jobs. On PostgreSQL `jobs_of_tenant` does this.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("jobs", sa.Column("requester_id", sa.Text))
    op.add_column("jobs", sa.Column("message_id", sa.Text))
    op.add_column("lanes", sa.Column("kind", sa.Text, nullable=False, server_default="conversation"))
    op.add_column("lanes", sa.Column("not_before", sa.BigInteger))
    op.add_column("notices", sa.Column("kind", sa.Text, nullable=False, server_default="succeeded"))
    op.add_column("notices", sa.Column("body", sa.Text))
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("jobs_of_lane", "jobs", ["lane"], sqlite_where=sa.text("lane = tenant"))


def downgrade() -> None:
    """Drop the index and the columns with their data."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("jobs_of_lane", "jobs")
    for table, names in (
        ("notices", ("body", "kind")),
        ("lanes", ("not_before", "kind")),
        ("jobs", ("message_id", "requester_id")),
    ):
        for name in names:
            op.drop_column(table, name)
