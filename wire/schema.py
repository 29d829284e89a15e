"""
Read the attribute maps of the SDK's models: the name and type of each attribute in JSON.

The tables built from them do not support msrest features that the Bot Framework's schema does not use:
flattened keys (``a.b``), polymorphic models, read-only and constant attributes, XML, sending
`additional_properties`. A test fails if a new version of the schema uses one of them.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from botbuilder import schema
from botbuilder.schema import teams
from msrest.serialization import Model

T = TypeVar("T")


class PerModel(dict[type[Model], T]):
    """A cache with one entry per model class, created by *build* on first use."""

    def __init__(self, build: Callable[[type[Model]], T]) -> None:
        super().__init__()
        self._build = build

    def __missing__(self, cls: type[Model]) -> T:
        built = self[cls] = self._build(cls)
        return built


def attributes(cls: type[Model]) -> Iterator[tuple[str, str, str]]:
    """Yield the Python name, the JSON key and msrest's type name of each attribute of *cls*."""
    for name, description in cls._attribute_map.items():
        yield name, description["key"], description["type"]


def list_item(type_name: str) -> str | None:
    """Return X if *type_name* is ``[X]``, msrest's name for a list of X."""
    return type_name[1:-1] if type_name.startswith("[") else None


def map_item(type_name: str) -> str | None:
    """Return X if *type_name* is ``{X}``, msrest's name for a map from text to X."""
    return type_name[1:-1] if type_name.startswith("{") else None


def model_named(type_name: str, near: type[Model]) -> type[Model] | None:
    """Return the model that *type_name* means in the attributes of *near*; None if it is not a model."""
    found = NAMED_CLASSES[near].get(type_name)
    return found if found is not None and issubclass(found, Model) else None


def _named_classes(near: type[Model]) -> dict[str, type]:
    known = {**vars(teams), **vars(schema), **near._infer_class_models()}
    return {name: value for name, value in known.items() if isinstance(value, type)}


#: The classes that type names in a model can refer to: the Bot Framework's, and those of the model's package.
NAMED_CLASSES = PerModel(_named_classes)
