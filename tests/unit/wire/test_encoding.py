"""Writing models: what msrest would send."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    Attachment,
    ChannelAccount,
    ConversationReference,
    Entity,
    HeroCard,
    InputHints,
    Mention,
    SemanticAction,
)
from botframework.connector import models
from hypothesis import given
from hypothesis import strategies as st
from msrest import Serializer
from msrest.exceptions import SerializationError
from msrest.serialization import Model

from tests.unit.wire.exactness import exact
from tests.unit.wire.schema_documents import FREE_FORM, MODELS, VALUES, documents
from wire import from_dict, to_dict, to_json

ACTIVITIES = sorted((Path(__file__).parents[1] / "fixtures/activities").glob("*.json"))
CONNECTOR_CLASSES = {name: value for name, value in vars(models).items() if isinstance(value, type)}


def connector_sends(model: Model) -> object:
    """The body as the SDK's connector makes it, but not validated. Ask last: it changes the model."""
    serializer = Serializer(CONNECTOR_CLASSES)
    serializer.client_side_validation = False
    return serializer.body(model, type(model).__name__)


@pytest.mark.parametrize("path", ACTIVITIES, ids=lambda path: path.stem)
def test_what_clients_really_send_is_written_back_as_msrest_writes_it(path):
    activity = from_dict(Activity, orjson.loads(path.read_bytes()))
    assert exact(to_dict(activity)) == exact(connector_sends(activity)) == exact(activity.serialize())
    assert orjson.loads(to_json(activity)) == to_dict(activity)


@given(documents(Activity))
def test_an_activity_that_was_read_is_written_as_msrest_writes_it(document):
    activity = from_dict(Activity, document)
    assert exact(to_dict(activity)) == exact(connector_sends(activity))


@given(documents(ConversationReference))
def test_a_conversation_reference_survives_the_way_there_and_back(document):
    reference = from_dict(ConversationReference, document)
    written = to_dict(reference)
    assert exact(written) == exact(connector_sends(reference))
    assert exact(to_dict(from_dict(ConversationReference, written))) == exact(written)


@given(st.dictionaries(st.sampled_from(sorted(Activity._attribute_map)), VALUES, max_size=4))
def test_whatever_a_programmer_puts_in_is_written_as_msrest_writes_it(attributes):
    activity = Activity(**attributes)
    before = exact(activity)
    try:
        written = to_dict(activity)
    except SerializationError:
        with pytest.raises(SerializationError):
            connector_sends(activity)
        return
    assert exact(activity) == before
    with suppress(SerializationError):  # What we write although the connector refuses it is not promised.
        assert exact(written) == exact(connector_sends(activity))


@given(FREE_FORM)
def test_free_form_json_is_written_as_msrest_writes_it(content):
    activity = Activity(attachments=[Attachment(content=content)], channel_data=content, value=[content])
    assert exact(to_dict(activity)) == exact(activity.serialize())


@given(st.lists(MODELS | st.none(), max_size=3))
def test_a_model_is_written_by_its_own_class_whatever_the_schema_says(entities):
    activity = Activity(entities=entities, semantic_action=SemanticAction(entities=dict(enumerate(entities))))
    assert exact(to_dict(activity)) == exact(activity.serialize())


def test_an_enum_member_is_written_as_its_value():
    activity = Activity(type=ActivityTypes.message, input_hint=InputHints.accepting_input)
    assert to_dict(activity) == {"type": "message", "inputHint": "acceptingInput"}


def test_an_enum_member_within_free_form_json_is_written_as_its_value():
    """msrest refuses the schema's own enums here, and writes ``ActivityTypes.message`` for others."""
    activity = Activity(channel_data={"hints": [InputHints.accepting_input], ActivityTypes.message: 1})
    assert exact(to_dict(activity)) == exact({"channelData": {"hints": ["acceptingInput"], "message": 1}})


def test_empty_lists_and_texts_are_written_and_additional_properties_are_not():
    activity = Activity(text="", entities=[], attachments=[])
    activity.additional_properties = {"secret": 1}
    assert to_dict(activity) == {"text": "", "entities": [], "attachments": []} == activity.serialize()


@pytest.mark.parametrize(
    "attachments",
    [[{"contentType": "text/plain"}], [{"content_type": "text/plain"}], [{"CONTENTTYPE": "text/plain"}]],
)
def test_a_dictionary_may_stand_for_a_model_as_in_the_connector(attachments):
    activity = Activity(attachments=attachments)
    assert to_dict(activity) == {"attachments": [{"contentType": "text/plain"}]}
    assert type(attachments[0]) is dict, "the activity is left as it was"
    assert to_dict(activity) == connector_sends(activity)


def test_a_model_that_holds_a_dictionary_for_another_is_left_as_it_was():
    suggested = models.SuggestedActions(actions=[{"title": "Show"}])
    assert to_dict(Activity(suggested_actions=suggested)) == {
        "suggestedActions": {"actions": [{"title": "Show"}]}
    }
    assert suggested.actions == [{"title": "Show"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"attachments": "card"},
        {"attachments": ["card"]},
        {"from_property": "29:user"},
        {"from_property": 0},
        {"timestamp": "yesterday"},
        {"timestamp": datetime(2026, 1, 1).date()},
        {"text_highlights": [models.TextHighlight(occurrence="many")]},
        {"text_highlights": [{"occurrence": "many"}]},
        {"semantic_action": models.SemanticAction(entities=[Entity(type="x")])},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_cannot_be_what_the_schema_says_is_refused_as_by_the_connector(wrong):
    with pytest.raises(SerializationError):
        connector_sends(Activity(**wrong))
    with pytest.raises(SerializationError):
        to_dict(Activity(**wrong))


def test_what_msrest_would_validate_is_written_all_the_same():
    """The channel validates values; doing it here would cost time without a benefit."""

    class Named(ChannelAccount):
        _validation = {"id": {"required": True}, "name": {"max_length": 2}}  # noqa: RUF012

    assert to_dict(Activity(from_property=Named(name="Alex"))) == {"from": {"name": "Alex"}}


def test_a_dictionary_for_a_model_is_not_validated_either():
    class Node(Model):
        _attribute_map = {  # noqa: RUF012
            "name": {"key": "name", "type": "str"},
            "child": {"key": "child", "type": "Node"},
        }
        _validation = {"name": {"required": True}}  # noqa: RUF012

        def __init__(self, *, name=None, child=None):
            super().__init__()
            self.name, self.child = name, child

    assert to_dict(Node(child={"child": {"name": "leaf"}})) == {"child": {"child": {"name": "leaf"}}}


def test_a_card_in_an_attachment_is_written_in_full():
    card = HeroCard(title="Job", buttons=[models.CardAction(type="imBack", title="Show", value="show")])
    activity = Activity(
        attachments=[Attachment(content_type="application/vnd.microsoft.card.hero", content=card)]
    )
    assert to_dict(activity) == connector_sends(activity)
    assert to_dict(activity)["attachments"][0]["content"]["buttons"][0]["value"] == "show"


def test_the_order_of_properties_is_the_schemas():
    activity = Activity(
        text="b", type="message", entities=[Entity(type="x"), Mention(text="y", type="mention")]
    )
    assert to_json(activity) == (
        b'{"type":"message","text":"b","entities":[{"type":"x"},{"text":"y","type":"mention"}]}'
    )


def test_an_attribute_that_was_deleted_is_left_out():
    activity = Activity(text="a", timestamp=datetime(2026, 1, 1, tzinfo=UTC))
    del activity.text
    assert to_dict(activity) == {"timestamp": "2026-01-01T00:00:00.000Z"}


def test_an_attribute_given_by_the_class_is_written():
    class Greeting(Entity):
        type = "greeting"

        def __init__(self):
            self.additional_properties = {}

    assert to_dict(Activity(entities=[Greeting()])) == {"entities": [{"type": "greeting"}]}
