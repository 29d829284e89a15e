"""
The context of a trace, as the W3C's `traceparent` writes it: NULL where nothing is traced.

* `notices.trace`: of what made the notice owed, such as a report.
* `jobs.start_trace`: of the turn or request that started the job.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns."""
    # In the order in which turns lock them: those of the version before may be running.
    op.add_column("jobs", sa.Column("start_trace", sa.Text))
    op.add_column("notices", sa.Column("trace", sa.Text))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("jobs", "start_trace")
    op.drop_column("notices", "trace")
