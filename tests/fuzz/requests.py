"""Hostile requests: malformed activities, false headers, bytes that are not HTTP."""

import copy
import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

RECORDED = [
    json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "fixtures/activities").glob("*.json"))
]

#: Stand in a request for what only the run knows.
SERVICE_URL, TOKEN, JOB = "{service-url}", "{token}", "{job}"


@dataclass(frozen=True)
class Hostile:
    """One request; `raw` goes out as it is, otherwise it is a POST of `body` with `headers`."""

    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None  #: What Content-Length says, if not the truth.
    raw: bytes | None = None
    packing: str = ""  #: How the body is still to be compressed: "gzip" or "deflate".


#: A request whose body is not what the bot reads.
NOT_JSON = Hostile(headers=(("Content-Type", "text/plain"),), body=b"{}")

# Drawn from lists: hypothesis prefers small numbers, which would make the odd the usual.
_seldom = st.sampled_from([False] * 7 + [True])
_hardly_ever = st.sampled_from([False] * 19 + [True])

_texts = st.sampled_from(
    [
        "",
        ".",
        "..",
        "run",
        "run \x00\x1b[2J",
        "show",
        "show more",
        f"done {JOB}",
        f"show {JOB}",
        "done 99999999999999999999999999999999999999999",
        "<at>Bot</at> run",
        "{0.__class__}%s%n${jndi:ldap://x}'; DROP TABLE jobs; --",
        "../../v3/conversations",
        "a\r\nX-Injected: 1",
        "\u202e\u2028\ufeff",
        "x" * 5000,
    ]
) | st.text(max_size=30)
_numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(2**63), 2**53, 1e308])
_scalars = st.none() | st.booleans() | _numbers | _texts
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=8,
)

#: Properties that the SDK or the bot reads somewhere.
_names = st.sampled_from(
    """
    type id timestamp localTimestamp channelId from conversation recipient textFormat attachmentLayout
    membersAdded membersRemoved reactionsAdded topicName locale text speak inputHint summary attachments
    suggestedActions entities channelData action replyToId label valueType value name relatesTo code
    expiration importance deliveryMode listenFor textHighlights semanticAction serviceUrl callerId
    tenantId tenantID tenant aadObjectId isGroup mentioned jobId properties role
    """.split()  # noqa: SIM905  # To be read by people.
)
_service_urls = st.sampled_from(
    [
        SERVICE_URL,
        "https://evil.example/",
        "http://127.0.0.1:9/",
        "http://169.254.169.254/latest",
        "http://[::1",
        "http://localhost@evil.example",
        "http://0177.1/",
        "file:///etc/passwd",
        "//x",
        "http://127.0.0.1:9/%2e%2e/",
    ]
)


@st.composite
def _activities(draw: st.DrawFn) -> Any:
    """A recorded activity, or a command, with up to four things in it bent."""
    activity = copy.deepcopy(draw(st.sampled_from(RECORDED)))
    activity["serviceUrl"] = draw(_service_urls) if draw(_seldom) else SERVICE_URL
    activity["id"] = draw(_texts) if draw(_seldom) else str(draw(st.uuids()))
    match draw(st.sampled_from(["message", "message", "event", None])):
        case "message":
            activity |= {"type": "message", "text": draw(_texts)}
        case "event":
            activity |= {"type": "event", "name": "jobComplete", "value": draw(st.just(JOB) | _json)}
    for _ in range(draw(st.integers(0, 4))):
        node = activity
        while draw(st.booleans()) and (
            inner := [v for v in _values(node) if isinstance(v, dict | list) and v]
        ):
            node = draw(st.sampled_from(inner))
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        name = draw(_names) if isinstance(node, dict) and draw(st.booleans()) else None
        key = name or draw(st.sampled_from(keys)) if keys else name
        if key is None:
            continue
        if draw(st.integers(0, 3)) == 0 and key in keys:
            del node[key]
        elif isinstance(node, dict) or key in keys:
            node[key] = draw(_json)
    return activity


def _values(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else list(node)


def _dump(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _spliced(body: bytes, at: int, more: bytes) -> bytes:
    at %= len(body)
    return body[:at] + more + body[at:]


_odd_bodies = st.one_of(
    st.builds(lambda document, at: _dump(document)[:at], _activities(), st.integers(0, 400)),
    st.builds(
        lambda document, at, more: _spliced(_dump(document), at, more),
        _activities(),
        st.integers(0, 2000),
        st.binary(min_size=1, max_size=3),
    ),
    _json.map(_dump),
    st.binary(max_size=200),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 5000, b" " * 300_000 + b"{}", b"1" * 10_000, b"\xef\xbb\xbf{}"]
    ),
)

_authorizations = st.sampled_from(
    [
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        "Bearer",
        "Bearer a.b.c",
        "Bearer e30.e30.e30",
        "Bearer " + "A" * 7000,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "",
    ]
)
_values_of_headers = st.text(
    st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=30
)
_odd_headers = st.one_of(
    st.tuples(
        st.just("Content-Type"),
        st.sampled_from(
            ["text/plain", "application/json; charset=utf-16", "", "application/jsonx", "x", "/"]
        ),
    ),
    st.tuples(
        st.just("Content-Encoding"), st.sampled_from(["gzip", "deflate", "br", "zstd", "x", "", "gzip, br"])
    ),
    st.tuples(st.just("Authorization"), _authorizations),
    st.tuples(st.just("Expect"), st.sampled_from(["100-continue", "x", ""])),
    st.tuples(st.just("Transfer-Encoding"), st.sampled_from(["chunked", "gzip", "x"])),
    st.tuples(st.just("Host"), st.sampled_from(["evil.example", "", "[", "a:b:c", "localhost"])),
    st.tuples(st.just("Upgrade"), st.sampled_from(["websocket", "h2c"])),
    st.tuples(
        st.sampled_from(["Connection", "Cookie", "X", "Range", "Accept", "User-Agent"]), _values_of_headers
    ),
    st.tuples(st.text("abcXYZ-_!:() \x00\xe9", min_size=1, max_size=8), _values_of_headers),
)


@st.composite
def _posts(draw: st.DrawFn) -> Hostile:
    body = draw(_odd_bodies) if draw(_seldom) else _dump(draw(_activities()))
    headers = [] if draw(_hardly_ever) else [("Content-Type", "application/json")]
    if draw(_hardly_ever):
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    elif draw(_hardly_ever):
        body = zlib.compress(body)
        headers.append(("Content-Encoding", "deflate"))
    headers.append(("Authorization", draw(_authorizations) if draw(_seldom) else f"Bearer {TOKEN}"))
    if draw(_seldom):
        headers += draw(st.lists(_odd_headers, min_size=1, max_size=3))
    length = draw(st.integers(-1, 10**20)) if draw(_hardly_ever) else None
    return Hostile(tuple(headers), body, length)


_raw = st.builds(
    lambda method, path, version, rest: Hostile(
        raw=b"%s %s %s\r\n%s\r\n\r\n" % (method, path, version, rest)
    ),
    st.sampled_from([b"GET", b"POST", b"PUT", b"OPTIONS", b"HEAD", b"CONNECT", b"TRACE", b"PRI", b"x"]),
    st.sampled_from(
        [b"/api/messages", b"/", b"*", b"//x", b"http://x/api/messages", b"/%00", b"/" + b"a" * 9000]
    )
    | st.binary(max_size=20),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"x", b""]),
    st.binary(max_size=60),
) | st.binary(max_size=100).map(lambda raw: Hostile(raw=raw))

hostile = _seldom.flatmap(lambda odd: _raw if odd else _posts())
