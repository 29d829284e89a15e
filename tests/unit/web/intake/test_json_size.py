"""The size of a body's objects is bounded before they are built."""

import gc
import json
import tracemalloc
from http import HTTPStatus

import orjson
import pytest
from botbuilder.schema import Activity
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.web.intake.test_activity_document import message
from tests.unit.web.intake.test_sdk_traps import json_values
from web.intake.activity_document import parse_activity
from web.intake.json_size import MAX_DEPTH, MAX_VALUES, require_bounded
from web.server.problems import Problem
from wire import from_dict


def refused(body: bytes) -> bool:
    try:
        require_bounded(body)
    except Problem as problem:
        assert problem.status is HTTPStatus.BAD_REQUEST
        assert "10,000 values" in problem.detail or "deeper than 64" in problem.detail
        return True
    return False


@pytest.mark.parametrize("item", ["{}", "[]", "0", '""', '"a"', '{"":0}', "[0]", '{"a":{"b":{}}}'])
def test_a_body_that_would_become_more_than_so_many_values_is_refused(item):
    values = max(1, item.count("{") + item.count("[") + 1)
    fits = f"[{','.join([item] * ((MAX_VALUES - 1) // values))}]".encode()
    assert not refused(fits)
    assert refused(f"[{','.join([item] * (MAX_VALUES + 2))}]".encode())


@pytest.mark.parametrize(
    "text",
    [
        "," * 200_000,
        "[{" * 100_000,
        json.dumps({f"key {number}": [number] for number in range(8000)}),
        '"' * 100_000,
        "\\" * 100_000,
        '\\",' * 40_000,
        'C:\\,"' * 30_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_pasted_text_may_have_any_number_of_brackets_and_commas(text):
    assert not refused(json.dumps(message(text=text)).encode())


@given(json_values, st.text('\\",[]{}:a', max_size=40))
@example([], '\\\\"')
def test_of_valid_json_no_value_is_missed_wherever_commas_stand(value, text):
    """Repeated so often that it must be refused, next to a text that could hide where strings end."""
    item = json.dumps([text, value, {text: text}]).encode()
    assert refused(b"[" + b",".join([item] * (MAX_VALUES // 4)) + b"]")


SHAPES = {
    "objects": ("textHighlights", [{}] * 4000),
    "entities": ("entities", [{"type": "x"}] * 4000),
    "members": ("membersAdded", [{"id": str(number), "name": "x"} for number in range(2000)]),
    "attachments": ("attachments", [{"contentType": "x"}] * 4000),
    "odd members": ("membersAdded", [{"id": number, "name": 5, "role": 5} for number in range(1900)]),
    "small objects": ("value", [{"a": number} for number in range(4500)]),
    "lists": ("value", [[number + 0.5] for number in range(4500)]),
    "texts": ("value", [f"{number}\U0001f600" for number in range(9000)]),
    "one text": ("text", "\U0001f600" + "x" * 250_000),
    "nesting": ("value", [orjson.loads(b'{"a":' * 40 + b"0" + b"}" * 40) for _ in range(200)]),
}


@pytest.mark.parametrize("name, value", SHAPES.values(), ids=SHAPES)
def test_the_estimate_covers_the_memory_of_what_becomes_of_a_body(name, value):
    body = orjson.dumps(message(**{name: value}))
    from_dict(Activity, parse_activity(body))  # So that tables are made and caches filled.
    gc.collect()
    tracemalloc.start()
    try:
        document = parse_activity(body)
        activity = from_dict(Activity, document)
        memory, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert activity
    assert memory <= require_bounded(body)
    assert require_bounded(body) < 20_000_000


@given(json_values)
def test_a_body_may_nest_so_deep_and_no_deeper(value):
    def depth(value: object) -> int:
        match value:
            case dict():
                return 1 + max(map(depth, value.values()), default=0)
            case list():
                return 1 + max(map(depth, value), default=0)
        return 0

    for extra in (0, 1):
        around = MAX_DEPTH - depth(value) + extra
        body = b"[[" + b"[]," * MAX_DEPTH + b"0]," + b"[" * (around - 1) + json.dumps(value).encode()
        assert refused(body + b"]" * around) is bool(extra)
