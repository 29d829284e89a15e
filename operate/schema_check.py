"""Whether this version of the bot can use a job log, by its schema's revision."""

import asyncio
from pathlib import Path

from operate.outcome import Refusal
from state.store.database_url import DatabaseUrl, PostgresUrl
from state.store.postgres.revision import revision_of
from state.store.schema import known_revisions
from state.store.sqlite import copies

#: Seconds for a server to answer.
_PATIENCE = 10.0


def revision_faults(database: DatabaseUrl) -> list[str]:
    """Return what is wrong, with what to do; an empty list if nothing is. Raises `Refusal`."""
    revision = _revision(database)
    if revision is None:
        return [f"There is no job log in {database.shown} yet: the bot makes one when it starts."]
    if revision not in known_revisions():
        return [
            f"Its schema is at revision {revision}, which a newer version of the bot wrote: start that"
            " version, or restore a copy from before the upgrade."
        ]
    return []


def _revision(database: DatabaseUrl) -> str | None:
    if isinstance(database, PostgresUrl):
        try:
            return asyncio.run(revision_of(database.dsn, patience=_PATIENCE))
        except Exception as error:  # The driver has a hundred kinds; each says that nothing is known.
            raise Refusal(f"{database.shown} does not answer: {error or type(error).__name__}") from None
    if database.path is None:
        return None
    return copies.revision_of(Path(database.path))
