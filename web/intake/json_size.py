"""What a JSON text will become, found out before anything is made of it."""

from array import array
from http import HTTPStatus
from itertools import accumulate

from web.server.problems import Problem

MAX_DEPTH = 64  #: Of arrays and objects in each other; the SDK recurses. A rich Adaptive Card has about 20.

#: Opening brackets and commas of a body. A conversation update with 1,000 members has 5,000 of them, the
#: submit of an Adaptive Card a few hundred.
MAX_VALUES = 10_000

#: Upper bounds of the memory that a request holds: for a bracket or comma (a pair of them makes an SDK
#: object), and for a byte of text (a single emoji makes Python keep four for each character).
_BYTES_PER_VALUE = 512
_BYTES_PER_BYTE = 4

_ALL_BUT_STRUCTURE = bytes(set(range(256)) - set(b'{[,]}"'))
_ONE_KIND_OF_BRACKET = bytes.maketrans(b"{}", b"[]")
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")  # One level down, or up: 1 and -1 as signed bytes.


def require_bounded(body: bytes) -> int:
    """
    Return how many bytes of memory the objects in *body* may take.

    Raise `Problem` 400 past `MAX_VALUES` or `MAX_DEPTH`. A byte of JSON can become 80 bytes of Python
    objects, so that a limit on bytes bounds neither time nor memory. Nearly all bodies pass by three counts;
    for others *body* is scanned a few times more, in C, which takes 3 ms at most.
    """
    brackets = body.count(b"{") + body.count(b"[")
    values = brackets + body.count(b",")
    # Those within strings count, too, so far: a pasted text may have any number.
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
    Return the brackets, all of them square, and the commas of *body* that are not within strings.

    Exact for valid JSON. Of anything else the parser makes no object: it looks at the whole first.
    """
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    if unescaped.count(b'"') > 4 * (MAX_VALUES + 1):  # Each value has a name and a text at most.
        return b"," * (MAX_VALUES + 1)
    marks = unescaped.translate(_ONE_KIND_OF_BRACKET, _ALL_BUT_STRUCTURE)
    # Most strings hold none of these: two quotes side by side. They go at once, which keeps the pieces few.
    return b"".join(marks.replace(b'""', b"").split(b'"')[::2])


def _depth(structure: bytes) -> int:
    steps = array("b", structure.replace(b",", b"").translate(_STEPS))
    return max(accumulate(steps), default=0)


def _bad(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail)
