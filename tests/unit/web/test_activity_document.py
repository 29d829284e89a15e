"""What a body must be for a turn to begin, and what a turn does without."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from web.activity_document import MAX_DEPTH, parse_activity
from web.problems import Problem

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "activities").glob("*.json"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


def message(**changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "id": "1",
        "channelId": "test",
        "serviceUrl": "http://localhost:9002",
        "conversation": {"id": "c"},
        "from": {"id": "u"},
        "text": "run",
    } | changes


def parsed(document: object) -> dict[str, Any]:
    return parse_activity(json.dumps(document).encode())


def refusal(body: bytes) -> str:
    with pytest.raises(Problem) as caught:
        parse_activity(body)
    assert caught.value.status is HTTPStatus.BAD_REQUEST
    return caught.value.detail


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_real_clients_send_passes_unchanged(path):
    body = path.read_bytes()
    assert parse_activity(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"run"',
        b"1",
        b"\xff\xfe{}",
        b'{"type": NaN}',
        b'{"value": 1e999}',
        b'{"value": ' + b"1" * 5000 + b"}",
        b'{"text": "\\ud800"}',
        b'{"text": "\xed\xa0\x80"}',
        b"{'type': 'message'}",
        b'{"type": "message"} {}',
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body):
    refusal(body)


def test_a_byte_order_mark_is_no_reason_to_refuse():
    assert parse_activity(b"\xef\xbb\xbf" + json.dumps(message()).encode()) == message()


@pytest.mark.parametrize("value", [None, 5, True, "", [], ["x"]], ids=repr)
@pytest.mark.parametrize(
    "field", ["type", "channelId", "serviceUrl", "conversation", "from", "conversation.id"]
)
def test_what_a_turn_stands_on_must_be_there_and_of_its_kind(field, value):
    document = message()
    owner, name = (document["conversation"], "id") if "." in field else (document, field)
    owner[name] = value
    assert refusal(json.dumps(document).encode()).startswith(field)
    del owner[name]
    assert refusal(json.dumps(document).encode()).startswith(field)


@pytest.mark.parametrize("field", ["id", "replyToId", "channelId", "serviceUrl", "type"])
@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\x7f", "\x85", "\u2028"], ids=ascii)
def test_an_id_with_a_control_character_is_refused(field, character):
    assert "control character" in refusal(json.dumps(message(**{field: f"a{character}b"})).encode())
    assert "control character" in refusal(json.dumps(message(conversation={"id": f"a{character}"})).encode())


def test_an_endless_id_is_refused():
    assert "at most 1024 characters" in refusal(json.dumps(message(conversation={"id": "c" * 1025})).encode())


def test_of_a_repeated_name_the_one_checked_is_the_one_used():
    body = json.dumps(message()).encode()[:-1] + b', "type": "event"}'
    assert parse_activity(body)["type"] == "event"
    assert refusal(json.dumps(message()).encode()[:-1] + b', "type": 5}').startswith("type")


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_nesting_is_bounded(opening, closing):
    def nested(levels: int) -> bytes:
        value = opening * levels + "1" + closing * levels
        return (json.dumps(message())[:-1] + f', "value": {value}}}').encode()

    assert parse_activity(nested(MAX_DEPTH - 1))
    assert "nests deeper" in refusal(nested(MAX_DEPTH))
    refusal(nested(20_000))


@pytest.mark.parametrize(
    "field, value",
    [
        ("timestamp", "yesterday"),
        ("localTimestamp", 5),
        ("expiration", "0000-00-00T00:00:00Z"),
        ("text", {"a": 1}),
        ("membersAdded", "everybody"),
        ("entities", 5),
        ("attachments", True),
        ("recipient", "bot"),
        ("historyDisclosed", "x"),
        ("relatesTo", []),
    ],
)
def test_a_field_of_a_wrong_kind_is_left_out_and_the_turn_goes_on(field, value):
    expected = message()
    expected.pop(field, None)
    assert parsed(message(**{field: value})) == expected


def test_of_a_list_the_items_of_a_wrong_kind_are_left_out():
    document = parsed(message(membersAdded=[None, 5, {"id": "a"}, {"id": 7, "name": "b"}]))
    assert document["membersAdded"] == [{"id": "a"}, {"name": "b"}]


def test_values_that_are_the_sender_s_own_are_kept_as_they_are():
    odd = {"channelData": [1, {"x": None}], "value": 5, "somethingNew": {"a": [1]}}
    assert parsed(message(**odd)) == message(**odd)


@given(
    name=st.sampled_from(sorted({a["key"] for a in Activity._attribute_map.values()})),
    value=json_values,
    nested=st.booleans(),
)
def test_whatever_passes_the_sdk_can_read(name, value, nested):
    """The SDK raises on a wrong kind anywhere; past our check it never does."""
    document = message(**{name: [value, {"id": value, "type": value}] if nested else value})
    try:
        accepted = parsed(document)
    except Problem:
        return
    assert isinstance(Activity().deserialize(accepted), Activity)


@given(
    text=st.text(st.characters(codec="ascii"), max_size=40) | st.from_regex(r"\A\d{4}-\d\d-\d\dT[\d:.Z+-]*\Z")
)
def test_an_instant_that_passes_the_sdk_can_read(text):
    assert isinstance(Activity().deserialize(parsed(message(timestamp=text))), Activity)
