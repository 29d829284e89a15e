"""Documents by key, which a bot's own state is kept in; each with an eTag that says which version it is."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol


class Document(NamedTuple):
    """One document as it is stored."""

    body: str
    e_tag: str


class DocumentChange(NamedTuple):
    """What a document is to become."""

    key: str
    body: str
    e_tag: str
    replaces: str | None  #: The eTag that it must still have; None replaces whatever is there.


class DocumentStore(Protocol):
    """What `SqlStorage` needs of a store."""

    async def read_documents(self, keys: Collection[str]) -> Mapping[str, Document]:
        """Return those of the documents that exist, by key."""

    async def write_documents(self, changes: Sequence[DocumentChange]) -> None:
        """Make all *changes*, or none and raise `ETagConflict`."""

    async def delete_documents(self, keys: Collection[str]) -> None:
        """Forget those of the documents that exist."""
