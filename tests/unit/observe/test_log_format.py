"""Text from outside cannot forge log lines."""

import json
import logging
import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from observe.log_format import Unforgeable, as_json

_FORMAT = Unforgeable("%(levelname)s: %(message)s")


def written(message: str, *args: object, exc_info=None) -> str:
    return _FORMAT.format(logging.LogRecord("bot", logging.INFO, "bot.py", 1, message, args, exc_info))


@given(text=st.text())
@example(text="x\nINFO: all is well")
@example(text="\r\x1b[2K\x00\x85\u2028INFO: \u202eall is well")
def test_a_record_is_one_entry_whatever_text_is_in_it(text):
    first, *others = re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", written("heard %s", text))
    assert first.startswith("INFO: heard ")
    assert all(line.startswith("    ") for line in others)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written("%s", text))


def test_what_is_harmless_is_written_as_it_is():
    assert written("%s", "Zoë said 運転 \\n 🎉") == "INFO: Zoë said 運転 \\n 🎉"
    assert written("%s", "\r\x1b\x00\u202e") == r"INFO: \r\x1b\x00\u202e"


def test_a_trace_keeps_its_lines_and_forges_none():
    with pytest.raises(ValueError, match="bad") as caught:
        raise ValueError("bad\nINFO: all is well")
    text = written("failed", exc_info=(caught.type, caught.value, caught.tb))
    assert text.splitlines()[0] == "INFO: failed"
    assert "    INFO: all is well" in text.splitlines()
    assert "    Traceback (most recent call last):" in text.splitlines()
    assert sys.modules[__name__].__file__ in text


@given(text=st.text())
@example(text='x\n{"level": "INFO"}')
def test_as_json_a_record_is_one_line_and_one_object(text):
    record = logging.LogRecord("bot", logging.WARNING, "bot.py", 1, "heard %s", (text,), None)
    line = as_json().format(record)
    assert len(re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", line)) == 1
    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("WARNING", "bot", f"heard {text}")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", said["timestamp"])


def test_as_json_a_trace_is_a_field():
    with pytest.raises(ValueError, match="bad") as caught:
        raise ValueError("bad")
    exc_info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("bot", logging.ERROR, "bot.py", 1, "failed", (), exc_info)
    said = json.loads(as_json().format(record))
    assert (said["message"], said["exception"].splitlines()[-1]) == ("failed", "ValueError: bad")
