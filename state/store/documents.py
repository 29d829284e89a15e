"""Documents by key, for a bot's own state; the eTag identifies a document's version."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol


class Document(NamedTuple):
    """One document as it is stored."""

    body: str
    e_tag: str


class DocumentChange(NamedTuple):
    """The new content of a document."""

    key: str
    body: str
    e_tag: str
    replaces: str | None  #: The eTag that the stored document must have; None replaces any version.


def readiness_probe() -> DocumentChange:
    """Return a change that takes what a turn takes: a database that can be written, and room on the disk."""
    return DocumentChange(key="ProactiveBot.Readiness", body="{}", e_tag=secrets.token_hex(8), replaces=None)


class DocumentStore(Protocol):
    """The methods of a store that `SqlStorage` uses."""

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return the documents that exist, by key."""

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        """Make all *changes*, or none and raise `ETagConflict`."""

    async def delete_documents(self, keys: Collection[str]) -> None:
        """Delete the documents that exist."""
