"""Bodies by shape: many repetitions of one element, up to the size limit, compressed or not."""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.requests import JOB, SERVICE_URL, TOKEN, Hostile
from web.intake.body import MAX_BODY_BYTES
from web.intake.json_size import MAX_VALUES

#: JSON of the item of this number.
Item = Callable[[int], str]
Fields = dict[str, Any]

_MENTION = '{"type":"mention","text":"%s","mentioned":{"id":"bot","name":"x"}}'

ITEMS: dict[str, Item] = {
    "empty objects": lambda n: "{}",
    "empty lists": lambda n: "[]",
    "small objects": lambda n: '{"":0}',
    "numbers": lambda n: "0",
    "long numbers": lambda n: f"0.{'123456789' * 9}{n}",
    "empty texts": lambda n: '""',
    "texts": lambda n: f'"{n:05}"',
    "emoji": lambda n: '"\U0001f600"',
    "escapes": lambda n: r'"\\\",\u0041"',
    "long texts": lambda n: f'"{"x" * 5000}"',
    "empty mentions": lambda n: _MENTION % "",
    "mentions": lambda n: _MENTION % "x",
    "mentions of everything": lambda n: _MENTION % f"{'x' * n}",
    "members": lambda n: f'{{"id":"29:{n:040}","name":"Somebody, number {n}"}}',
    "odd members": lambda n: f'{{"id":{n},"name":5,"role":[],"aadObjectId":true}}',
    "odd objects": lambda n: f'{{"id":[{{}}],"type":{n},"text":{{}},"occurrence":"x","name":[[]]}}',
    "nested lists": lambda n: "[" * 55 + "]" * 55,
    "nested objects": lambda n: '{"a":' * 55 + "0" + "}" * 55,
    "many names": lambda n: f'{{"{n:06}":0,"a{n:06}":1,"b{n:06}":2,"c{n:06}":3}}',
}

_LISTS = {
    "membersAdded": "conversationUpdate",
    "membersRemoved": "conversationUpdate",
    "reactionsAdded": "messageReaction",
    "reactionsRemoved": "messageReaction",
    "entities": "message",
    "attachments": "message",
    "listenFor": "message",
    "textHighlights": "message",
}


def _raw(items: str) -> "_Raw":
    return _Raw(f"[{items}]")


class _Raw(str):
    """JSON that stands in a document as it is."""


#: Fields of an activity with these items in them, by place.
PLACES: dict[str, Callable[[str], Fields]] = {
    **{name: lambda items, name=name: {name: _raw(items)} for name in _LISTS},
    "value": lambda items: {"value": _raw(items)},
    "channelData": lambda items: {"channelData": {"tenant": {"id": "t"}, "items": _raw(items)}},
    "unknown": lambda items: {"somethingNew": _raw(items)},
    "conversation": lambda items: {"conversation": {"id": "shapes", "properties": _raw(items)}},
    "from": lambda items: {"from": {"id": "user", "name": "x", "properties": _raw(items)}},
    "recipient": lambda items: {"recipient": {"id": "bot", "name": "x", "properties": _raw(items)}},
    "relatesTo": lambda items: {"relatesTo": {"conversation": {"properties": _raw(items)}}},
    "actions": lambda items: {"suggestedActions": {"actions": _raw(items)}},
    "actions to": lambda items: {"suggestedActions": {"to": _raw(items)}},
    "content": lambda items: {"attachments": [{"contentType": "x", "content": _raw(items)}]},
    "text": lambda items: {"text": f"run {items}"},
    "timestamp": lambda items: {"timestamp": f"2026-11-21T20:47:51.{''.join(re.findall('[0-9]', items))}Z"},
}

#: What is sent in a place that no kind of activity is known for.
KINDS: tuple[Fields, ...] = (
    {"type": "message", "text": "run"},
    {"type": "message", "text": "show"},
    {"type": "message", "text": "help"},
    {"type": "message", "text": "help", "deliveryMode": "expectReplies"},
    {"type": "conversationUpdate"},
    {"type": "messageReaction"},
    {"type": "event", "name": "jobComplete", "value": JOB},
    {"type": "invoke", "name": "x"},
    {"type": "installationUpdate", "action": "add"},
    {"type": "x"},
)

PACKINGS = ("", "gzip", "deflate")


def shaped(
    number: int, place: str, item: str, kind: Fields, *, fits: bool, packing: str = "", token: bool = True
) -> Hostile:
    """Return a request full of *item* in *place*: where it *fits*, just within the limit of values."""
    one = ITEMS[item](1)
    count = (MAX_BODY_BYTES - 2000) // (len(one.encode()) + 1)
    if fits:
        count = min(count, (MAX_VALUES - 100) // (1 + sum(map(one.count, "{[,"))))
    body, size = [], 0
    for n in range(count):
        body.append(ITEMS[item](n))
        size += len(body[-1].encode()) + 1
        if size > MAX_BODY_BYTES - 2000:
            body.pop()
            break
    document = {
        "id": f"shape-{number}",
        "channelId": "webchat",
        "serviceUrl": SERVICE_URL,
        "conversation": {"id": f"shape-{number}"},
        "from": {"id": "user", "name": "Alex"},
        "recipient": {"id": "bot", "name": "Bot"},
        **kind,
        **PLACES[place](",".join(body)),
    }
    headers = [("Content-Type", "application/json")]
    if packing:
        headers.append(("Content-Encoding", packing))
    if token:
        headers.append(("Authorization", f"Bearer {TOKEN}"))
    return Hostile(tuple(headers), _dump(document), packing=packing)


def _dump(document: Fields) -> bytes:
    raw: list[str] = []

    def marked(value: Any) -> Any:
        if isinstance(value, _Raw):
            raw.append(value)
            return f"\0{len(raw) - 1}\0"
        return {name: marked(each) for name, each in value.items()} if isinstance(value, dict) else value

    text = json.dumps(marked(document), ensure_ascii=False)
    return re.sub(r'"\\u0000(\d+)\\u0000"', lambda match: raw[int(match[1])], text).encode()


def known() -> Iterator[tuple[str, Hostile]]:
    """Yield what once ended the process, or stalled it: each place and item, once."""
    message = KINDS[2]
    yield "empty mentions", shaped(1, "entities", "empty mentions", message, fits=True)
    for number, token in enumerate((True, False), 2):
        yield (
            f"gzip of empty objects, token: {token}",
            shaped(
                number, "textHighlights", "empty objects", message, fits=False, packing="gzip", token=token
            ),
        )
    for number, place in enumerate(PLACES, 10):
        kind = {"type": _LISTS.get(place, "message")}
        yield f"members in {place}", shaped(number, place, "members", kind, fits=True)


def sampled(count: int, seed: int) -> Iterator[tuple[str, Hostile]]:
    """Yield *count* of all combinations, with what they are; the same for a seed."""
    draw = random.Random(seed)
    for number in range(100, 100 + count):
        place, item = draw.choice(list(PLACES)), draw.choice(list(ITEMS))
        kind = draw.choice(KINDS)
        if place in _LISTS and draw.random() < 0.7:
            kind = {"type": _LISTS[place], "text": "x run"}
        fits, packing, token = draw.random() < 0.7, draw.choice(PACKINGS), draw.random() < 0.8
        words = [f"{item} in {place} of {kind['type']}", "" if fits else "past the limit", packing]
        words.append("" if token else "no token")
        name = ", ".join(filter(None, words))
        yield name, shaped(number, place, item, kind, fits=fits, packing=packing, token=token)
