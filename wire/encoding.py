"""The SDK's models to JSON: a fast replacement of msrest's `Serializer`, with a table per model class."""

from collections.abc import Callable
from enum import Enum
from types import NoneType
from typing import Any, NamedTuple

import orjson
from msrest import Serializer
from msrest.serialization import Model

from wire.schema import NAMED_CLASSES, PerModel, attributes, list_item, map_item, model_named
from wire.timestamp import format_timestamp

Convert = Callable[[Any], object]


def to_json(model: Model) -> bytes:
    """
    Return `to_dict` of *model* as JSON.

    Raises the exceptions of `to_dict`, and `TypeError` for values that orjson refuses: integers over 64 bits,
    lone surrogates, nesting deeper than 254.
    """
    return orjson.dumps(to_dict(model))


def to_dict(model: Model) -> dict[str, object]:
    """
    Return *model* as the SDK's connector sends it (`Serializer.body`), in types that orjson can write.

    As with msrest, attributes that are None and `additional_properties` are omitted, nulls within lists and
    free-form JSON are kept, a model is written with the attributes of its own class (a `Mention` among the
    entities keeps `mentioned`), and a dictionary is accepted in place of a model. Raises msrest's
    `SerializationError` (`AttributeError` in place of a map) for a value of the wrong type.

    Unlike msrest, it validates nothing else, never changes *model*, and writes an enum member within
    free-form JSON as its value (msrest fails, or writes its Python name).
    """
    fields, of_the_class = _TABLES[type(model)]
    document: dict[str, object] = {}
    for name, value in model.__dict__.items():
        if value is not None and name in fields:
            key, exact, convert = fields[name]
            document[key] = value if type(value) is exact else convert(value)
    for name in of_the_class:
        value = getattr(model, name)
        if value is not None:
            key, _, convert = fields[name]
            document[key] = convert(value)
    return document


class _Kind(NamedTuple):
    """How values of one schema type are written."""

    exact: type | None  #: Values of exactly this class are written unchanged.
    convert: Convert  #: For all other values except None.


class _Table(NamedTuple):
    """How one model class is written."""

    fields: dict[str, tuple[str, type | None, Convert]]  #: by Python name: JSON key, then the `_Kind`
    of_the_class: tuple[str, ...]  #: attributes defined on the class: constants, properties


def _build(cls: type[Model]) -> _Table:
    fields = {name: (key, *_kind(type_name, cls)) for name, key, type_name in attributes(cls)}
    return _Table(fields, tuple(name for name in fields if hasattr(cls, name)))


_TABLES = PerModel(_build)


def _msrest(cls: type[Model]) -> Serializer:
    serializer = Serializer(NAMED_CLASSES[cls])
    serializer.client_side_validation = False
    return serializer


_MSREST = PerModel(_msrest)

_SCALARS: dict[str, type] = {"bool": bool, "int": int, "float": float}


def _kind(type_name: str, cls: type[Model]) -> _Kind:
    """Return how msrest's *type_name* is written in the attributes of *cls*."""
    msrest = _MSREST[cls]

    def rare(value: object) -> object:
        return msrest.body(value, type_name)

    if type_name == "str":
        return _Kind(str, Serializer.serialize_unicode)
    if type_name == "object":
        return _Kind(None, _free_form)
    if type_name == "iso-8601":
        return _Kind(None, format_timestamp)
    if item := list_item(type_name):
        return _Kind(None, _list(_kind(item, cls), rare))
    if item := map_item(type_name):
        return _Kind(None, _map(_kind(item, cls), rare))
    if model_named(type_name, cls):
        return _Kind(None, _model(rare))
    return _Kind(_SCALARS.get(type_name), rare)


def _list(kind: _Kind, otherwise: Convert) -> Convert:
    exact, convert = kind

    def write(value: object) -> object:
        if not isinstance(value, list):
            return otherwise(value)
        return [item if item is None or type(item) is exact else convert(item) for item in value]

    return write


def _map(kind: _Kind, otherwise: Convert) -> Convert:
    exact, convert = kind

    def write(value: object) -> object:
        if not isinstance(value, dict):
            return otherwise(value)
        return {
            _key(key): item if item is None or type(item) is exact else convert(item)
            for key, item in value.items()
        }

    return write


def _model(otherwise: Convert) -> Convert:
    return lambda value: to_dict(value) if isinstance(value, Model) else otherwise(value)


_AS_IS = frozenset({str, int, float, bool, NoneType})


def _free_form(value: object) -> object:
    if type(value) in _AS_IS:
        return value
    # Exact types only: msrest writes a subclass of dict or list as its `str`, like any unknown type.
    if type(value) is dict:
        return {_key(key): _free_form(item) for key, item in value.items()}
    if type(value) is list:
        return [_free_form(item) for item in value]
    if isinstance(value, Model):
        return to_dict(value)
    if isinstance(value, Enum):
        return _free_form(value.value)
    return Serializer().serialize_object(value)


def _key(key: object) -> str:
    text: str = key if type(key) is str else Serializer.serialize_unicode(key)
    return text
