"""Documents by key, for a bot's own state; the eTag identifies a document's version."""

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


class DocumentStore(Protocol):
    """The methods of a store that `SqlStorage` uses."""

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return the documents that exist, by key."""

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        """Make all *changes*, or none and raise `ETagConflict`."""

    async def delete_documents(self, keys: Collection[str]) -> None:
        """Delete the documents that exist."""
