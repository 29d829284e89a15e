"""
What job systems hear of, and jobs that no chat started.

* `webhook`: the job system that hears of the job; `told_at`: when the notice about its end was delivered.
* `labels`: a JSON object of texts, as the job system gave them.
* `cancel_asked_at`, `cancel_asked_by`: who wanted the job to be cancelled.

A job that no chat started is in the lane `:jobs`, and its `source_activity` is the job system's own id. The
events about a job wait in a lane of their own, `:webhook/<job system>/<job>`, whose row is deleted when
nothing waits in it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_COLUMNS = {
    "webhook": sa.Text,
    "labels": sa.Text,
    "told_at": sa.BigInteger,
    "cancel_asked_at": sa.BigInteger,
    "cancel_asked_by": sa.Text,
}


def upgrade() -> None:
    """Add the columns."""
    for name, kind in _COLUMNS.items():
        op.add_column("jobs", sa.Column(name, kind))


def downgrade() -> None:
    """Drop the columns with their data, and the events that wait."""
    op.execute("DELETE FROM notices WHERE lane LIKE ':%'")
    op.execute("DELETE FROM lanes WHERE lane LIKE ':%'")
    for name in reversed(_COLUMNS):
        op.drop_column("jobs", name)
