"""What a body must contain for a turn to begin, and which values are dropped."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from tests.fakes.recordings import RECORDINGS
from web.intake.activity_document import parse_activity
from web.intake.json_size import MAX_DEPTH
from web.server.problems import Problem


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


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_real_clients_send_passes_unchanged(name):
    assert parse_activity(json.dumps(RECORDINGS[name]).encode()) == RECORDINGS[name]


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
    assert "at most 1024 bytes" in refusal(json.dumps(message(conversation={"id": "c" * 1025})).encode())
    assert "at most 1024 bytes" in refusal(json.dumps(message(conversation={"id": "é" * 513})).encode())


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
    assert "at most 10,000 values" in refusal(nested(20_000))  # Counted before it is parsed.


def test_values_that_are_the_sender_s_own_are_kept_as_they_are():
    odd = {"channelData": [1, {"x": None}], "value": 5, "somethingNew": {"a": [1]}}
    assert parsed(message(**odd)) == message(**odd)


def test_half_an_emoji_is_dropped_and_the_rest_of_the_text_stays():
    assert parsed(message(text="run \U0001f389 \ud83d"))["text"] == "run \U0001f389 "


@pytest.mark.parametrize("kind", ["conversationUpdate", "installationUpdate", "event"])
@pytest.mark.parametrize("sender", [{}, {"from": None}])
def test_a_channel_may_send_its_own_activities_without_a_sender(kind, sender):
    activity = message(type=kind)
    del activity["from"]
    assert parsed(activity | sender)["from"] == {}


@pytest.mark.parametrize("kind", ["message", "invoke"])
def test_what_a_person_says_needs_a_sender(kind):
    activity = message(type=kind)
    del activity["from"]
    assert refusal(json.dumps(activity).encode()) == "from must be an object."
