"""
Objects as JSON, exactly or not at all: what is written comes back equal, and of the same type.

Null, booleans, numbers, texts, lists and dictionaries are themselves. Instances of classes that were named
beforehand are kept by their attributes, under the name of the class; nothing else is ever made of what is
read, so that a database somebody tampered with cannot run code.
"""

import math
from collections.abc import Iterable
from typing import Any

import orjson

_CLASS = "$class"
_INTEGERS = range(-(2**63), 2**64)


class NotPlain(TypeError):
    """The value has no JSON that it would come back from; the message says where it is and what to do."""


class PlainJson:
    """Writes and reads JSON; instances of *classes* count as plain, others do not."""

    def __init__(self, classes: Iterable[type]) -> None:
        """Know *classes* by their names, which must differ."""
        self._classes = {each.__name__: each for each in classes}

    def dump(self, value: object, where: str) -> str:
        """Return *value*, which is found at *where*, as JSON. Raises `NotPlain`."""
        try:
            return orjson.dumps(self._plain(value, where)).decode()
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise NotPlain(f"{where} cannot be kept: {error}") from error

    def load(self, text: str) -> Any:
        """Return what `dump` wrote; raises `KeyError` for a class that is not known any more."""
        return self._restored(orjson.loads(text))

    def _plain(self, value: object, where: str) -> object:
        match value:
            case None | bool() | str():
                plain = type(value) in (type(None), bool, str)
            case int():
                plain = type(value) is int and value in _INTEGERS
            case float():
                plain = type(value) is float and math.isfinite(value)
            case list() if type(value) is list:
                return [self._plain(each, f"{where}[{index}]") for index, each in enumerate(value)]
            case dict() if type(value) is dict:
                return self._plain_dictionary(value, where)
            case _:
                return self._plain_instance(value, where)
        if not plain:
            raise NotPlain(f"{where} is {value!r}, which JSON cannot keep")
        return value

    def _plain_dictionary(self, value: dict[Any, Any], where: str) -> dict[str, object]:
        for key in value:
            if type(key) is not str or key == _CLASS:
                raise NotPlain(f"{where} has the key {key!r}: keys must be texts, and not {_CLASS!r}")
        return {key: self._plain(each, f"{where}.{key}") for key, each in value.items()}

    def _plain_instance(self, value: object, where: str) -> dict[str, object]:
        name = type(value).__name__
        if self._classes.get(name) is not type(value):
            raise NotPlain(
                f"{where} is a {name}, which would not come back as one: keep a dictionary of plain values,"
                f" or name the class: SqlStorage(store, classes=[{name}])"
            )
        return {_CLASS: name, **self._plain_dictionary(vars(value), where)}

    def _restored(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._restored(each) for each in value]
        if not isinstance(value, dict):
            return value
        name = value.pop(_CLASS, None)
        attributes = {key: self._restored(each) for key, each in value.items()}
        if name is None:
            return attributes
        # Not by calling it: what it was made from is not kept, only what became of it.
        made: Any = object.__new__(self._classes[name])
        vars(made).update(attributes)
        return made
