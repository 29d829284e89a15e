"""
The content of the latest report on a job, as JSON: what `jobs.reports.ReportContent` writes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("report", sa.Text))


def downgrade() -> None:
    """Drop the column with its data."""
    op.drop_column("jobs", "report")
