"""Migrate a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from state.errors import StoreUnusable

_MIGRATIONS = Path(__file__).parent / "migrations"


def known_revisions() -> frozenset[str]:
    """Return the revisions of the schema that this version can use: those it migrates from, and its own."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def upgrade(connection: Connection, to: str = "head") -> None:
    """
    Migrate the database on *connection* to the newest schema, or *to* another; the caller owns the
    transaction.

    Raises `StoreUnusable` if a newer version of the bot has migrated it: this version does not know that
    schema.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known_revisions():
        raise StoreUnusable(
            f"its schema is at revision {current}, which a newer version of the bot wrote: start that "
            "version, or name another database in DATABASE_URL"
        )
    command.upgrade(config, to)
