"""Statements over documents. Each runs inside the caller's transaction."""

from collections.abc import Collection, Sequence
from sqlite3 import Cursor

from state.errors import ETagConflict
from state.store.documents import Document, DocumentChange


def read_documents(cursor: Cursor, keys: Collection[str]) -> dict[str, Document]:
    """Return the documents that exist."""
    select = "SELECT body, e_tag FROM documents WHERE key = ?"
    found = {key: cursor.execute(select, (key,)).fetchone() for key in keys}
    return {key: Document(*row) for key, row in found.items() if row is not None}


def write_documents(cursor: Cursor, changes: Sequence[DocumentChange]) -> None:
    """Write the documents; raises `ETagConflict` at the first that has changed."""
    for change in changes:
        if change.replaces is None:
            cursor.execute(
                "INSERT INTO documents (key, body, e_tag) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET body = excluded.body, e_tag = excluded.e_tag",
                (change.key, change.body, change.e_tag),
            )
        else:
            cursor.execute(
                "UPDATE documents SET body = ?, e_tag = ? WHERE key = ? AND e_tag = ?",
                (change.body, change.e_tag, change.key, change.replaces),
            )
            if cursor.rowcount == 0:
                raise ETagConflict(change.key)


def delete_documents(cursor: Cursor, keys: Collection[str]) -> None:
    """Delete the documents."""
    cursor.executemany("DELETE FROM documents WHERE key = ?", [(key,) for key in keys])
