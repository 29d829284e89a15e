"""Reading models: msrest's result where it has one, and never an exception."""

from contextlib import suppress
from copy import deepcopy
from math import inf
from pathlib import Path

import orjson
import pytest
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationReference,
    Entity,
    ErrorResponse,
    ResourceResponse,
)
from botbuilder.schema.teams import TeamInfo, TeamsChannelData
from hypothesis import example, given
from msrest import Deserializer
from msrest.exceptions import DeserializationError
from msrest.serialization import Model

from tests.unit.wire.exactness import exact
from tests.unit.wire.schema_documents import documents, wild_documents
from wire import from_dict
from wire.decoding import MAX_ITEMS
from wire.schema import NAMED_CLASSES, attributes

ACTIVITIES = sorted((Path(__file__).parents[1] / "fixtures/activities").glob("*.json"))


class StrictDeserializer(Deserializer):
    """msrest, but it does not take the `repr` of an object for text, nor a list of pairs for an object."""

    def deserialize_basic(self, attr: object, data_type: str) -> object:
        if isinstance(attr, dict | list):
            raise TypeError("not a scalar")
        return super().deserialize_basic(attr, data_type)

    def deserialize_dict(self, attr: object, dict_type: str) -> object:
        if isinstance(attr, list):
            raise TypeError("not an object")
        return super().deserialize_dict(attr, dict_type)


def msrest_reads(cls: type[Model], document: dict[str, object]) -> Model:
    return StrictDeserializer(NAMED_CLASSES[cls])(cls.__name__, deepcopy(document))


@pytest.mark.parametrize("path", ACTIVITIES, ids=lambda path: path.stem)
def test_what_clients_really_send_is_read_as_msrest_reads_it(path):
    document = orjson.loads(path.read_bytes())
    activity = from_dict(Activity, document)
    assert exact(activity) == exact(Activity().deserialize(deepcopy(document)))
    assert document == orjson.loads(path.read_bytes()), "the document is left as it was"


@pytest.mark.parametrize("cls", [ConversationReference, ResourceResponse, ErrorResponse, TeamsChannelData])
def test_an_empty_document_is_read_as_msrest_reads_it(cls):
    assert exact(from_dict(cls, {})) == exact(cls().deserialize({}))


@given(documents(Activity))
def test_an_activity_that_keeps_to_the_schema_is_read_as_msrest_reads_it(document):
    assert exact(from_dict(Activity, document)) == exact(msrest_reads(Activity, document))


@given(documents(ConversationReference))
def test_a_conversation_reference_is_read_as_msrest_reads_it(document):
    assert exact(from_dict(ConversationReference, document)) == exact(
        msrest_reads(ConversationReference, document)
    )


@given(documents(ErrorResponse))
def test_an_error_response_is_read_as_msrest_reads_it(document):
    assert exact(from_dict(ErrorResponse, document)) == exact(msrest_reads(ErrorResponse, document))


@given(documents(TeamsChannelData))
def test_a_model_whose_init_fills_in_defaults_is_made_by_it(document):
    assert exact(from_dict(TeamsChannelData, document)) == exact(msrest_reads(TeamsChannelData, document))


@given(wild_documents(Activity))
@example({"text": {}, "timestamp": "garbage", "membersAdded": "x", "historyDisclosed": 2, "from": []})
@example({"membersAdded": [{"id": "29:user"}, 7]})
@example({"textHighlights": [{"occurrence": 1e300}, {"occurrence": "9" * 5000}]})
@example({"textHighlights": [{"occurrence": inf}]})
def test_no_json_makes_reading_raise_and_no_property_is_lost(document):
    activity = from_dict(Activity, document)
    with suppress(
        DeserializationError, OverflowError
    ):  # msrest refuses the whole if one property is of the wrong kind.
        assert exact(activity) == exact(msrest_reads(Activity, document))
    names = {key: name for name, key, _ in attributes(Activity)}
    for key, value in document.items():
        if key in names and value is not None:
            understood = getattr(activity, names[key]) is not None
            assert understood != (key in activity.additional_properties)
        if key in activity.additional_properties:
            assert activity.additional_properties[key] is value


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("text", {"a": 1}),
        ("text", ["a"]),
        ("timestamp", "yesterday"),
        ("timestamp", 5),
        ("timestamp", "2026-02-30T00:00:00Z"),
        ("timestamp", "0001-01-01T00:00:00+01:00"),
        ("historyDisclosed", "perhaps"),
        ("membersAdded", "29:user"),
        ("membersAdded", [{"id": "29:user"}, "29:other"]),
        ("from", "29:user"),
        ("from", []),
        ("membersAdded", {}),
        ("listenFor", ["run", ["show"]]),
        ("listenFor", "run"),
        ("timestamp", "2026-11-21T20:47:51." + "1" * 100_000 + "Z"),
        ("listenFor", [7] * (MAX_ITEMS + 1)),
        ("membersAdded", [{}] * (MAX_ITEMS + 1)),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_property_of_the_wrong_kind_is_none_and_kept_raw(key, raw):
    name = {key: name for name, key, _ in attributes(Activity)}[key]
    activity = from_dict(Activity, {key: raw, "type": "message"})
    assert activity.type == "message"
    assert getattr(activity, name) is None
    assert activity.additional_properties == {key: raw}


def test_a_wrong_property_spoils_only_the_model_that_it_belongs_to():
    activity = from_dict(Activity, {"from": {"id": "29:user", "name": ["Alex"]}})
    assert activity.from_property.id == "29:user"
    assert activity.from_property.name is None
    assert activity.from_property.additional_properties == {"name": ["Alex"]}
    assert activity.additional_properties == {}


@pytest.mark.parametrize(("raw", "text"), [(7, "7"), (1.5, "1.5"), (True, "True")])
def test_a_number_becomes_text_where_the_schema_wants_text(raw, text):
    assert from_dict(Activity, {"text": raw}).text == text


def test_nesting_as_deep_as_orjson_allows_is_read():
    deep = orjson.loads(b"[" * 1000 + b"]" * 1000)
    activity = from_dict(
        Activity, {"channelData": deep, "text": deep, "from": {"id": deep}, "entities": deep}
    )
    assert activity.channel_data is deep
    assert activity.additional_properties == {"text": deep, "entities": deep}
    assert activity.from_property.additional_properties == {"id": deep}


def test_what_a_mention_says_beyond_its_type_is_kept():
    mentioned = {"id": "28:bot", "name": "Bot"}
    activity = from_dict(Activity, {"entities": [{"type": "mention", "mentioned": mentioned}]})
    assert exact(activity.entities) == exact(
        [msrest_reads(Entity, {"type": "mention", "mentioned": mentioned})]
    )
    assert activity.entities[0].additional_properties == {"mentioned": mentioned}


def test_two_models_share_nothing_that_can_change():
    """Each starts from the same blank: a dictionary in it would be one for all."""
    one, other = from_dict(ChannelAccount, {}), from_dict(ChannelAccount, {})
    one.additional_properties["x"] = 1
    one.id = "29:user"
    assert other.additional_properties == {}
    assert other.id is None


def test_a_list_that_init_fills_in_is_not_shared_either():
    one, other = from_dict(TeamsChannelData, {}), from_dict(TeamsChannelData, {})
    one.on_behalf_of.append("29:user")
    assert other.on_behalf_of == []


def test_a_subclass_made_elsewhere_finds_the_models_that_its_parent_names():
    class OurData(TeamsChannelData):
        pass

    data = from_dict(OurData, {"team": {"id": "19:team"}})
    assert exact(data.team) == exact(TeamInfo(id="19:team"))


def test_a_subclass_is_read_as_itself():
    class Picture(Attachment):
        pass

    picture = from_dict(Picture, {"contentType": "image/png", "width": 3})
    assert type(picture) is Picture
    assert exact(picture) == exact(msrest_reads(Picture, {"contentType": "image/png", "width": 3}))


def test_a_map_of_more_entries_than_any_channel_sends_is_kept_raw():
    entities = {str(number): {} for number in range(MAX_ITEMS + 1)}
    action = from_dict(Activity, {"semanticAction": {"entities": entities}}).semantic_action
    assert action.entities is None
    assert action.additional_properties == {"entities": entities}
    del entities["0"]
    assert (
        len(from_dict(Activity, {"semanticAction": {"entities": entities}}).semantic_action.entities) == 1000
    )
