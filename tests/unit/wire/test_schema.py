"""The codec's assumptions about the SDK's models, which a new version of the SDK must still meet."""

import pytest
from botbuilder import schema
from botbuilder.schema import Activity, ConversationReference, ErrorResponse, ResourceResponse, teams
from msrest.serialization import Model

from wire.decoding import _TABLES
from wire.schema import attributes, list_item, map_item, model_named

MODELS = sorted(
    {
        value
        for module in (schema, teams)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Model)
    },
    key=lambda cls: cls.__name__,
)


def reachable(*classes: type[Model]) -> set[type[Model]]:
    """Return *classes* and all models that hang off them."""
    found, todo = set(), list(classes)
    while todo:
        cls = todo.pop()
        if cls not in found:
            found.add(cls)
            for _, _, type_name in attributes(cls):
                model = model_named(list_item(type_name) or map_item(type_name) or type_name, cls)
                todo += [model] if model else []
    return found


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
def test_no_model_uses_what_the_tables_do_not_know(cls):
    keys = [key for _, key, _ in attributes(cls)]
    assert all(key and "." not in key and "\\" not in key for key in keys), "flattened, escaped or empty keys"
    assert "additional_properties" not in cls._attribute_map
    assert not cls._validation, "read-only or constant attributes"
    assert not cls._subtype_map, "polymorphism"
    assert not cls.is_xml_model()


@pytest.mark.parametrize(
    "cls",
    sorted(
        reachable(Activity, ConversationReference, ErrorResponse, ResourceResponse),
        key=lambda cls: cls.__name__,
    ),
    ids=lambda cls: cls.__name__,
)
def test_what_hangs_off_an_activity_is_made_without_its_init(cls):
    """Else reading is slower; and a model that refuses its own attributes would make it raise."""
    assert _TABLES[cls].only_stores
