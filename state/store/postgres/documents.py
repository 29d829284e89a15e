"""Statements over documents."""

from collections.abc import Collection, Sequence

from state.errors import ETagConflict
from state.store.documents import Document, DocumentChange
from state.store.postgres.database import Connection

_READ = "SELECT key, body, e_tag FROM documents WHERE key = ANY ($1::text[])"
_PUT = """
INSERT INTO documents (key, body, e_tag) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET body = excluded.body, e_tag = excluded.e_tag
"""
_REPLACE = "UPDATE documents SET body = $2, e_tag = $3 WHERE key = $1 AND e_tag = $4 RETURNING key"
_DELETE = """
DELETE FROM documents AS d USING (
    SELECT key FROM documents WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE
) AS doomed WHERE d.key = doomed.key
"""


async def read_documents(connection: Connection, keys: Collection[str]) -> dict[str, Document]:
    """Return the documents that exist."""
    rows = await connection.fetch(_READ, list(keys))
    return {row["key"]: Document(row["body"], row["e_tag"]) for row in rows}


async def write_documents(connection: Connection, changes: Sequence[DocumentChange]) -> None:
    """Write the documents in order of key; raises `ETagConflict` at the first that has changed."""
    for change in sorted(changes):
        if change.replaces is None:
            await connection.execute(_PUT, change.key, change.body, change.e_tag)
        elif not await connection.fetch(_REPLACE, change.key, change.body, change.e_tag, change.replaces):
            raise ETagConflict(change.key)


async def delete_documents(connection: Connection, keys: Collection[str]) -> None:
    """Delete the documents."""
    await connection.execute(_DELETE, list(keys))
