"""Bound the size of the objects in a JSON text before it is parsed."""

from array import array
from http import HTTPStatus
from itertools import accumulate

from web.server.problems import Problem

MAX_DEPTH = 64  #: Nested arrays and objects; the SDK recurses. A rich Adaptive Card has about 20 levels.

#: Maximum opening brackets and commas in a body. A conversation update with 1,000 members has 5,000, the
#: submission of an Adaptive Card a few hundred.
MAX_VALUES = 10_000

#: Upper bounds of a request's memory: per bracket or comma (a pair of them becomes an SDK object), and per
#: byte of text (with a single emoji in it, Python stores four bytes for each character).
_BYTES_PER_VALUE = 512
_BYTES_PER_BYTE = 4

_ALL_BUT_STRUCTURE = bytes(set(range(256)) - set(b'{[,]}"'))
_ONE_KIND_OF_BRACKET = bytes.maketrans(b"{}", b"[]")
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")  # One level down, or up: 1 and -1 as signed bytes.


def require_bounded(body: bytes) -> int:
    """
    Return how many bytes of memory the objects in *body* may take.

    Raise `Problem` 400 above `MAX_VALUES` or `MAX_DEPTH`. A byte of JSON can become 80 bytes of Python
    objects, so a limit on bytes bounds neither time nor memory. Three counts are enough for most bodies;
    others are scanned a few more times, in C, which takes at most 3 ms.
    """
    brackets = body.count(b"{") + body.count(b"[")
    values = brackets + body.count(b",")
    # These counts include characters within strings; a pasted text may have any number of them.
    if values > MAX_VALUES or brackets > MAX_DEPTH:
        structure = _structure(body)
        values = len(structure) - structure.count(b"]")
        if values > MAX_VALUES:
            raise _bad(f"The body may have at most {MAX_VALUES:,} values: brackets and commas.")
        if _depth(structure) > MAX_DEPTH:
            raise _bad(f"The body nests deeper than {MAX_DEPTH} levels.")
    return _BYTES_PER_BYTE * len(body) + _BYTES_PER_VALUE * values


def _structure(body: bytes) -> bytes:
    """
    Return the brackets and commas of *body* that are outside strings; braces are written as brackets.

    Exact for valid JSON. From invalid JSON the parser builds no objects: it validates the whole text first.
    """
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    if unescaped.count(b'"') > 4 * (MAX_VALUES + 1):  # Each value has at most two strings: name and text.
        return b"," * (MAX_VALUES + 1)
    marks = unescaped.translate(_ONE_KIND_OF_BRACKET, _ALL_BUT_STRUCTURE)
    # Most strings contain no structural character and are now `""`: remove those first, to split less.
    return b"".join(marks.replace(b'""', b"").split(b'"')[::2])


def _depth(structure: bytes) -> int:
    steps = array("b", structure.replace(b",", b"").translate(_STEPS))
    return max(accumulate(steps), default=0)


def _bad(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
