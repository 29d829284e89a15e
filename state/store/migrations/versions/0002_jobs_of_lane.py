"""
An index for conversations that are their own tenant, on SQLite.

Without it `show` reads and sorts all jobs of such a conversation. On PostgreSQL `jobs_of_tenant` has them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index; the number, which SQLite keeps with each entry, gives the order."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("jobs_of_lane", "jobs", ["lane"], sqlite_where=sa.text("lane = tenant"))


def downgrade() -> None:
    """Drop the index."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("jobs_of_lane", "jobs")
