"""What copies a job log on a PostgreSQL server: the server's own tools, whose commands are said, not run."""

import shlex
from pathlib import Path

from state.store.database_url import DatabaseUrl, PostgresUrl


def dump_command(database: DatabaseUrl, file: Path) -> str:
    """Return the command that copies the job log to *file* while the bot runs; the password is left out."""
    return f"pg_dump --format=custom --file={shlex.quote(str(file))} --dbname={_name(database)}"


def restore_command(database: DatabaseUrl, file: Path) -> str:
    """Return the command that puts the copy *file* into an empty database."""
    return (
        f"pg_restore --exit-on-error --single-transaction --dbname={_name(database)} {shlex.quote(str(file))}"
    )


def _name(database: DatabaseUrl) -> str:
    shown = database.shown.replace(":***", "") if isinstance(database, PostgresUrl) else ""
    return shlex.quote(shown)
