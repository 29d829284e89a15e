"""JSON to the SDK's models: a fast replacement of msrest's `deserialize`, with a table per model class."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from msrest import Deserializer
from msrest.serialization import Model

from wire.schema import NAMED_CLASSES, PerModel, attributes, list_item, map_item, model_named
from wire.timestamp import parse_timestamp

M = TypeVar("M", bound=Model)
Convert = Callable[[Any], object]

#: Maximum items of a list or a map; each becomes an object or is converted. No channel sends so many.
MAX_ITEMS = 1000

#: Exceptions of msrest's conversions, and of those here, for a value of the wrong type.
_WRONG_KIND = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def from_dict(cls: type[M], document: Mapping[str, object]) -> M:
    """
    Convert *document*, JSON as orjson reads it, to a model, like ``cls.deserialize(document)``.

    As with msrest, unknown properties go to `additional_properties`, null counts as absent, and numbers and
    booleans become text, or text a number, where the schema requires it. Free-form JSON (`channel_data`, the
    content of an attachment) is not copied: the model shares it with *document*.

    Unlike msrest, it never raises. A property of the wrong type stays None, and its raw value is kept under
    its JSON key in the `additional_properties` of its model. This applies to a whole list if one item has the
    wrong type or it has more than `MAX_ITEMS`, and to an object or list in place of text (msrest would store
    Python's `repr` of it).

    This holds for every model whose `__init__` accepts the attributes that it declares, which includes all
    models reachable from an Activity. A few Teams models do not, and msrest cannot create those either.
    """
    fields, blank, only_stores = _TABLES[cls]
    values = blank.copy()
    unknown: dict[str, object] = {}
    for key, value in document.items():
        field = fields.get(key)
        if field is None:
            unknown[key] = value
        elif value is not None:
            name, exact, convert = field
            if type(value) is exact:
                values[name] = value
            else:
                try:
                    values[name] = convert(value)
                except _WRONG_KIND:
                    unknown[key] = value
    if only_stores:
        values["additional_properties"] = unknown
        model = cls.__new__(cls)
        model.__dict__ = values
    else:
        model = cls(**values)
        model.additional_properties.update(unknown)
    return model


class _Kind(NamedTuple):
    """How values of one schema type are read."""

    exact: type | None  #: Values of exactly this class are used unchanged.
    convert: Convert  #: For all other values except None; raises one of `_WRONG_KIND`.


class _Table(NamedTuple):
    """How one model class is read."""

    fields: dict[str, tuple[str, type | None, Convert]]  #: by JSON key: Python name, then the `_Kind`
    blank: dict[str, object]  #: the attributes of a model without any properties
    only_stores: bool  #: `__init__` only stores its arguments, so it need not be called


def _build(cls: type[Model]) -> _Table:
    fields = {key: (name, *_kind(type_name, cls)) for name, key, type_name in attributes(cls)}
    blank: dict[str, object] = dict.fromkeys(cls._attribute_map)
    probes = {name: object() for name in blank}
    try:
        empty, full = vars(cls(**blank)), vars(cls(**probes))
    except TypeError:
        return _Table(fields, blank, only_stores=False)
    stores = all(full[name] is probe for name, probe in probes.items())
    if stores and empty == {**dict.fromkeys(empty), "additional_properties": {}}:
        return _Table(fields, empty, only_stores=True)
    return _Table(fields, blank, only_stores=False)


_TABLES = PerModel(_build)

_SCALARS: dict[str, type] = {"str": str, "bool": bool, "int": int, "float": float}


def _kind(type_name: str, cls: type[Model]) -> _Kind:
    """Return how msrest's *type_name* is read in the attributes of *cls*."""
    if type_name in _SCALARS:
        return _Kind(_SCALARS[type_name], _scalar(type_name, cls))
    if type_name == "object":
        return _Kind(None, lambda value: value)
    if type_name == "iso-8601":
        return _Kind(None, parse_timestamp)
    if item := list_item(type_name):
        return _Kind(None, _list(_kind(item, cls)))
    if item := map_item(type_name):
        return _Kind(None, _map(_kind(item, cls)))
    if model := model_named(type_name, cls):
        return _Kind(None, partial(from_dict, model))
    return _Kind(None, _scalar(type_name, cls))


def _list(kind: _Kind) -> Convert:
    exact, convert = kind

    def read(value: object) -> list[object]:
        if not isinstance(value, list):
            raise TypeError("not a list")
        if len(value) > MAX_ITEMS:
            raise ValueError("too long a list")
        return [item if item is None or type(item) is exact else convert(item) for item in value]

    return read


def _map(kind: _Kind) -> Convert:
    exact, convert = kind

    def read(value: dict[str, object]) -> dict[str, object]:
        if len(value) > MAX_ITEMS:
            raise ValueError("too large a map")
        return {
            key: item if item is None or type(item) is exact else convert(item) for key, item in value.items()
        }

    return read


def _scalar(type_name: str, cls: type[Model]) -> Convert:
    """Return a conversion by msrest, for values of another type than the schema's and for rare types."""
    msrest = Deserializer(NAMED_CLASSES[cls])

    def read(value: object) -> object:
        if isinstance(value, dict | list):
            raise TypeError("not a scalar")
        if type_name == "str":
            return str(value)  # Same result as msrest, but faster: it took 15 ms for 1,000 members.
        return msrest.deserialize_data(value, type_name)

    return read
