"""`SqlStorage`: the Bot Framework's storage in the job log's database, for a bot's own state."""

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
    Keeps what `ConversationState`, `UserState` and their like read and write.

    Items are dictionaries of plain values, or instances of *classes*, whose attributes are plain. Each is
    read with its eTag in ``e_tag``. Written with that, it must not have changed meanwhile, or else nothing is
    written and `ETagConflict` raised; without one, or with ``*``, it replaces whatever is there. All items of
    one `write` are written together.
    """

    def __init__(self, store: DocumentStore, *, classes: Iterable[type] = ()) -> None:
        """Keep items in *store*; *classes* may be kept beside plain values, known by their names."""
        self._store = store
        self._json = PlainJson(classes)

    async def read(self, keys: Collection[str]) -> dict[str, Any]:
        """Return those of the items that exist, each an object of the caller's own."""
        items = {}
        for key, document in (await self._store.read_documents(keys)).items() if keys else ():
            items[key] = self._json.load(document.body)
            _set_e_tag(items[key], document.e_tag)
        return items

    async def write(self, changes: Mapping[str, Any]) -> None:
        """
        Write all items, or none and raise `ETagConflict`. Raises `NotPlain` for what JSON cannot keep.

        Afterwards they have their new eTag, so that a turn may save what it loaded more than once.
        """
        e_tag = secrets.token_hex(8)
        documents = [self._document(key, item, e_tag) for key, item in changes.items()]
        if documents:
            await self._store.write_documents(documents)
        for item in changes.values():
            _set_e_tag(item, e_tag)

    async def delete(self, keys: Collection[str]) -> None:
        """Forget the items, whatever their eTags."""
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
