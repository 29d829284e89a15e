"""`SqlStorage`: a Bot Framework `Storage` in the job log's database, for a bot's own state."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from botbuilder.core import Storage

from state.plain_json import PlainJson
from state.store.documents import DocumentChange, DocumentStore

_E_TAG = "e_tag"
_ANY = "*"


class SqlStorage(Storage):  # type: ignore[misc]  # The SDK is untyped.
    """
    Stores the items of `ConversationState`, `UserState` and similar states.

    Items are dictionaries of plain values, or instances of *classes* with plain attributes. `read` sets the
    eTag in ``e_tag``. `write` with an eTag raises `ETagConflict` and writes nothing if the stored item has
    changed; without one, or with ``*``, it replaces the stored item. All items of one `write` are written in
    one transaction.
    """

    def __init__(self, store: DocumentStore, *, classes: Iterable[type] = ()) -> None:
        """Keep items in *store*; instances of *classes*, identified by name, are allowed."""
        self._store = store
        self._json = PlainJson(classes)

    async def read(self, keys: Collection[str]) -> dict[str, Any]:
        """Return the items that exist, as new objects."""
        items = {}
        for key, document in (await self._store.read_documents(keys)).items() if keys else ():
            items[key] = self._json.load(document.body)
            _set_e_tag(items[key], document.e_tag)
        return items

    async def write(self, changes: Mapping[str, Any]) -> None:
        """
        Write all items, or none and raise `ETagConflict`. Raises `NotPlain` for values that JSON cannot hold.

        Sets the new eTag on the items, so that a turn can save an item that it loaded more than once.
        """
        e_tag = secrets.token_hex(8)
        documents = [self._document(key, item, e_tag) for key, item in changes.items()]
        if documents:
            await self._store.write_documents(documents)
        for item in changes.values():
            _set_e_tag(item, e_tag)

    async def delete(self, keys: Collection[str]) -> None:
        """Delete the items regardless of their eTags."""
        if keys:
            await self._store.delete_documents(keys)

    def _document(self, key: str, item: Any, e_tag: str) -> DocumentChange:
        replaces = item.get(_E_TAG) if isinstance(item, dict) else getattr(item, _E_TAG, None)
        if replaces == "":
            raise ValueError(f"{key} has an empty e_tag: leave it out, or write '*' to replace anything")
        body = self._json.dump(_without_e_tag(item), key)
        return DocumentChange(key, body, e_tag, None if replaces == _ANY else replaces)


def _without_e_tag(item: Any) -> Any:
    if isinstance(item, dict):
        return {name: value for name, value in item.items() if name != _E_TAG}
    bare = object.__new__(type(item))
    vars(bare).update({name: value for name, value in vars(item).items() if name != _E_TAG})
    return bare


def _set_e_tag(item: Any, e_tag: str) -> None:
    if isinstance(item, dict):
        item[_E_TAG] = e_tag
    else:
        setattr(item, _E_TAG, e_tag)
