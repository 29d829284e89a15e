"""
What conversations want to be told, and when.

While quiet hours hold a lane, `passes` has the kinds of notices that do not wait, with commas between.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns. They are empty in the lanes of conversations that set nothing."""
    op.add_column("lanes", sa.Column("preferences", sa.Text))
    op.add_column("lanes", sa.Column("passes", sa.Text))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("lanes", "passes")
    op.drop_column("lanes", "preferences")
