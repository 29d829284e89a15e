import json
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channel.verdict import RETRY_AFTER_CAP, retry_after, verdict
from delivery.errors import (
    CODE_LENGTH,
    DETAIL_LENGTH,
    Blocked,
    DeliveryError,
    Doubtful,
    Rejected,
    Throttled,
    Unavailable,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

# As Teams says it: the message is JSON within JSON.
WRITES_BLOCKED = json.dumps(
    {
        "errorCode": 209,
        "message": json.dumps({"subCode": "MessageWritesBlocked", "errorCode": None}, indent=2),
    }
)


def body(code: str, message: str = "No.") -> str:
    return json.dumps({"error": {"code": code, "message": message}})


def judge(status: int, body: bytes | str = b"", **headers: str) -> DeliveryError | None:
    return verdict(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, now=NOW)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", b'{"id": "1"}', b"<html>", b'{"id":', b"\xff\xfe"])
def test_any_2xx_is_a_delivery_whatever_its_body(status, body):
    assert judge(status, body) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Unavailable) for status in (401, 408, 412, 500, 502, 503, 504, 507, 599)),
        *((status, Doubtful) for status in (301, 302, 307, 308, 400, 403, 404, 405, 407, 409, 410, 413)),
        *((status, Doubtful) for status in (415, 423, 425, 451)),
        (429, Throttled),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": null}', b"[]", b"[" * 100_000])
def test_the_status_decides_when_the_body_says_nothing(status, kind, body):
    error = judge(status, body)
    assert type(error) is kind
    assert error.status == status
    assert error.code is None


@pytest.mark.parametrize(
    "code", ["ConversationBlockedByUser", "BotNotInConversationRoster", "BotDisabledByAdmin"]
)
def test_a_403_that_a_person_can_undo_is_blocked(code):
    error = judge(403, body(code, "Sorry.").encode())
    assert type(error) is Blocked
    assert (error.status, error.code, error.detail) == (403, code, "Sorry.")


@pytest.mark.parametrize(
    "answer", [WRITES_BLOCKED, body("Forbidden", json.dumps({"subCode": "MessageWritesBlocked"}))]
)
def test_the_sub_code_of_teams_is_found_inside_the_message(answer):
    error = judge(403, answer)
    assert type(error) is Blocked
    assert error.code == "MessageWritesBlocked"


def test_a_sub_code_does_not_hide_that_the_user_blocked_the_bot():
    answer = body("ConversationBlockedByUser", json.dumps({"subCode": "Whatever"}))
    assert type(judge(403, answer)) is Blocked


@pytest.mark.parametrize(
    ("status", "code"), [(403, "NotEnoughPermissions"), (400, "BadArgument"), (413, "MessageSizeTooBig")]
)
def test_a_code_that_means_never_is_rejected_and_kept(status, code):
    error = judge(status, body(code))
    assert type(error) is Rejected
    assert error.code == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "ConversationNotFound"), (404, "BadArgument"), (403, "Whatever"), (409, "Busy")],
)
def test_another_code_is_no_verdict_and_kept(status, code):
    """A conversation may be unknown for a moment, and a code that is not documented may pass."""
    error = judge(status, body(code))
    assert type(error) is Doubtful
    assert error.code == code


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("0", timedelta()),
        ("3", timedelta(seconds=3)),
        ("1.5", timedelta(seconds=1.5)),
        ("8, 8", timedelta(seconds=8)),
        ("3,20, 4", timedelta(seconds=20)),
        ("3, soon", None),
        ("604800", RETRY_AFTER_CAP),
        ("9" * 500, RETRY_AFTER_CAP),
        ("Sun, 01 Mar 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Sun, 08 Mar 2026 12:00:00 GMT", RETRY_AFTER_CAP),
        ("Sun, 01 Mar 2026 11:59:59 GMT", None),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("Sun, 01 Mar 2026 12:00:30 +" + "9" * 20, None),
        ("Sun, 01 Mar " + "9" * 30 + " 12:00:30 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_reason(asked, wait):
    assert retry_after({"retry-AFTER": asked}, now=NOW) == wait
    for status in (429, 503):
        error = judge(status, Retry_After=asked)
        assert isinstance(error, Throttled | Unavailable)
        assert error.retry_after == wait


def test_an_absent_retry_after_is_none():
    assert retry_after({}, now=NOW) is None


def test_a_date_is_read_against_the_channels_own_clock():
    """Our clock may be wrong by minutes; the channel meant the difference of its two dates."""
    headers = {"Date": "Sun, 01 Mar 2026 15:00:00 GMT", "Retry-After": "Sun, 01 Mar 2026 15:00:07 GMT"}
    assert retry_after(headers, now=NOW) == timedelta(seconds=7)


@given(
    status=st.integers(100, 999),
    body=st.binary()
    | st.text()
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps),
    after=st.text(),
    date=st.text(),
)
def test_no_answer_breaks_the_verdict(status, body, after, date):
    error = verdict(status, {"Retry-After": after, "Date": date}, body, now=NOW)
    assert (error is None) == (200 <= status < 300)


@given(detail=st.text(st.characters()), code=st.none() | st.text(st.characters()))
@example("a\x00\x1b[2Jb\ud800\n", None)
def test_what_an_error_carries_is_one_plain_line_of_bounded_length(detail, code):
    """It goes into logs and into a database: no control characters, no NUL, no lone surrogates."""
    error = Rejected(detail * 50, status=400, code=code and code * 50)
    assert len(error.detail) <= DETAIL_LENGTH
    assert len(error.code or "") <= CODE_LENGTH
    assert not {unicodedata.category(char) for char in str(error)} & {"Cc", "Cs", "Zl", "Zp"}


def test_a_long_explanation_is_cut_and_not_dropped():
    error = Rejected("word " * 1000, code="x" * 1000)
    assert len(error.detail) in (DETAIL_LENGTH - 1, DETAIL_LENGTH)
    assert error.code == "x" * CODE_LENGTH


def test_an_error_says_what_it_knows():
    assert (
        str(Blocked("User blocked the bot.", status=403, code="X"))
        == "Blocked (403 X): User blocked the bot."
    )
    assert str(Unavailable()) == "Unavailable"
