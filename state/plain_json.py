"""
Convert objects to JSON without loss: a value reads back equal and with the same type, or is refused.

Null, booleans, numbers, strings, lists and dictionaries are written as JSON. Instances of registered classes
are written as their attributes with the class name. Reading creates no other objects, so a manipulated
database cannot run code.
"""

import math
from collections.abc import Iterable
from typing import Any

import orjson

_CLASS = "$class"
_INTEGERS = range(-(2**63), 2**64)


class NotPlain(TypeError):
    """The value cannot be written as JSON without loss; the message says where it is and what to do."""


class PlainJson:
    """Writes and reads JSON with plain values and instances of the registered *classes*."""

    def __init__(self, classes: Iterable[type]) -> None:
        """Register *classes* by name; the names must differ."""
        self._classes = {each.__name__: each for each in classes}

    def dump(self, value: object, where: str) -> str:
        """Return *value* as JSON; *where* names it in errors. Raises `NotPlain`."""
        try:
            return orjson.dumps(self._plain(value, where)).decode()
        except (orjson.JSONEncodeError, RecursionError) as error:
            raise NotPlain(f"{where} cannot be kept: {error}") from error

    def load(self, text: str) -> Any:
        """Return the value that `dump` wrote; raises `KeyError` for a class that is no longer registered."""
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
        # Without `__init__`: its arguments are not stored, only the resulting attributes.
        made: Any = object.__new__(self._classes[name])
        vars(made).update(attributes)
        return made
