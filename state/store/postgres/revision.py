"""The schema's revision in a database, without opening a store on it, which would migrate it."""

import asyncpg

from state.store.postgres.address import address_of

_TABLE = "SELECT to_regclass('alembic_version') IS NOT NULL"


async def revision_of(url: str, *, patience: float) -> str | None:
    """
    Return the revision; None if there is no job log.

    Raises `OSError` or `asyncpg.PostgresError` if the server does not answer within *patience* seconds.
    """
    connection = await asyncpg.connect(address_of(url).dsn, timeout=patience, command_timeout=patience)
    try:
        if not await connection.fetchval(_TABLE):
            return None
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        return None if revision is None else str(revision)
    finally:
        connection.terminate()
