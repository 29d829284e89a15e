"""Parse and check the JSON document of an activity, before SDK objects are built from it."""

import codecs
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from operator import le
from typing import Any, NamedTuple

import orjson

from text import has_control
from web.intake.half_surrogates import has_surrogates, without_halves
from web.intake.json_size import require_bounded
from web.intake.list_limits import cut_lists
from web.intake.sdk_traps import drop_traps
from web.server.problems import Problem


class _Id(NamedTuple):
    """A text that the bot stores, compares or puts into a URL: its place and its maximum size."""

    owner: str | None  #: The object that contains it; None for the activity itself.
    name: str
    size: int  #: Maximum bytes in UTF-8. A PostgreSQL index entry, lane and activity together, holds 2,704.
    required: bool = True

    def __str__(self) -> str:
        return self.name if self.owner is None else f"{self.owner}.{self.name}"


_OBJECTS = ("conversation", "from")

#: A person sends these. The others come from the channel or a job system, which may name no sender.
_SAID_BY_A_PERSON = frozenset({"message", "messageUpdate", "messageReaction", "invoke"})

_IDS = (
    _Id(None, "type", 128),
    _Id(None, "channelId", 128),
    _Id(None, "serviceUrl", 2048),
    _Id("conversation", "id", 1024),
    _Id("conversation", "tenantId", 128, required=False),
    _Id("from", "id", 1024, required=False),
    _Id("from", "aadObjectId", 128, required=False),
    _Id(None, "id", 1024, required=False),
    _Id(None, "replyToId", 1024, required=False),
)

_SIZES = tuple(rule.size for rule in _IDS)
#: A caller that gets all replies in the response need not say where to send any.
_NEEDS_NO_SERVICE_URL = "expectReplies"

_ABSENT = "-"  #: In place of an id that may be absent and is.

#: Not allowed as ids: they are path segments with a special meaning.
_DOTS = frozenset({".", ".."})
_NOT_PLAIN = _DOTS | {""}


def parse_activity(body: bytes, reserve: Callable[[int], None] | None = None) -> dict[str, Any]:
    """
    Return the activity in *body*.

    Before objects are built, *reserve* is called with the maximum number of bytes that they may take.

    Raises `Problem` 400 unless every property that a turn relies on is present, of the right type and of
    bounded length. Other values that would make the SDK fail are dropped, here or by `wire.from_dict`. Lists
    are cut to the items that a turn reads.

    Half surrogates are dropped from texts. orjson refuses NaN, infinite and overlong numbers and bytes that
    are not UTF-8. Of repeated names it takes the last one, which is the one checked and used.
    """
    memory = require_bounded(body)
    if reserve is not None:
        reserve(memory)
    document = _parse(body.removeprefix(codecs.BOM_UTF8))
    if not isinstance(document, dict):
        raise _bad("The body is not a JSON object.")
    if document.get("from") is None and document.get("type") not in _SAID_BY_A_PERSON:
        document["from"] = {}  # Without an id: it is no person, so it owns nothing.
    for name in _OBJECTS:
        if not isinstance(document.get(name), dict):
            raise _bad(f"{name} must be an object.")
    nowhere = document.get("serviceUrl") is None and document.get("deliveryMode") == _NEEDS_NO_SERVICE_URL
    if nowhere:
        document["serviceUrl"] = _ABSENT
    _check_ids(document)
    if nowhere:
        document["serviceUrl"] = ""
    cut_lists(document)
    drop_traps(document)
    return document


def _parse(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if has_surrogates(body):
            with suppress(orjson.JSONDecodeError):
                return orjson.loads(without_halves(body))
        raise _bad("The body is not JSON.") from error


def _check_ids(document: dict[str, Any]) -> None:
    conversation, sender = document["conversation"], document["from"]
    ids = (
        document.get("type"),
        document.get("channelId"),
        document.get("serviceUrl"),
        conversation.get("id"),
        conversation.get("tenantId", _ABSENT),
        sender.get("id", _ABSENT),
        sender.get("aadObjectId", _ABSENT),
        document.get("id", _ABSENT),
        document.get("replyToId", _ABSENT),
    )
    if _are_plain(ids):
        return
    for value, rule in zip(ids, _IDS, strict=True):
        if value is not None or rule.required:
            _check_id(value, rule)


def _are_plain(ids: tuple[Any, ...]) -> bool:
    """
    Return whether all *ids* are ASCII and pass `_check_id`, as those of clients do.

    A few C calls for all of them, instead of Python code for each: -2.4 % per turn, by callgrind.
    """
    try:
        together = "".join(ids)
    except TypeError:  # One of them is not a text.
        return False
    return (
        together.isascii()
        and together.isprintable()
        and all(map(le, map(len, ids), _SIZES))
        and _NOT_PLAIN.isdisjoint(ids)
    )


def _check_id(value: object, rule: _Id) -> None:
    if not isinstance(value, str) or (rule.required and not value):
        raise _bad(f"{rule} must be a text.")
    if len(value.encode()) > rule.size:
        raise _bad(f"{rule} may have at most {rule.size} bytes.")
    if value in _DOTS:
        raise _bad(f"{rule} must not be '.' or '..': it goes into a path.")
    if has_control(value):  # They would forge log lines and headers.
        raise _bad(f"{rule} has a control character.")


def _bad(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
