"""An index of the parked lanes, which an operator lists: there are few among all lanes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create it."""
    where = sa.text("parked_at IS NOT NULL")
    op.create_index(
        "lanes_parked", "lanes", ["parked_at", "lane"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("lanes_parked", "lanes")
