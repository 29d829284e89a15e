"""
What a lane remembers of the attempts at its oldest notice, and of a parked lane's probes.

* `first_attempt_at`: when the first attempt at the oldest notice failed. Its age counts from here: a bot that
  stood still for days has not tried anything.
* `unknowns`: how many attempts at it ended without an answer, so that each may have arrived.
* `probes`: how often a parked lane was parked again by its probe.

A lane that is parked already gets its first probe as if it had been parked at the upgrade.
"""

import sqlalchemy as sa
from alembic import op

from instants import micros, utc_now
from state.store.leases import probe_after

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, and make parked lanes with notices due."""
    op.add_column("lanes", sa.Column("first_attempt_at", sa.BigInteger))
    op.add_column("lanes", sa.Column("unknowns", sa.Integer, nullable=False, server_default="0"))
    op.add_column("lanes", sa.Column("probes", sa.Integer, nullable=False, server_default="0"))
    probe_at = micros(utc_now() + probe_after(0))
    op.execute(f"UPDATE lanes SET due_at = {probe_at} WHERE parked_at IS NOT NULL AND tail > head")


def downgrade() -> None:
    """Drop the columns; parked lanes wait without an instant again."""
    op.execute("UPDATE lanes SET due_at = NULL WHERE parked_at IS NOT NULL AND token IS NULL")
    for name in ("probes", "unknowns", "first_attempt_at"):
        op.drop_column("lanes", name)
