"""What a JSON text will become, counted before anything is made of it."""

from http import HTTPStatus

from web.server.problems import Problem

#: Brackets and commas in a body. A conversation update with 1,000 members has 5,000, an Adaptive Card's
#: submit a few hundred.
MAX_VALUES = 10_000

#: Upper bounds of the memory that is held while a request is inside: for one bracket or comma (two of them
#: make an SDK object), and for a byte of text (a single emoji makes Python keep four for each character).
_BYTES_PER_VALUE = 512
_BYTES_PER_BYTE = 4

_STRUCTURE = b"{[,"


def require_few_values(body: bytes) -> int:
    """
    Return how many bytes of memory the objects in *body* may take; raise `Problem` 400 past `MAX_VALUES`.

    A byte of JSON can become 80 bytes of Python objects, so that a limit on bytes bounds neither time nor
    memory. This scans *body* a few times in C: 1 ms for the largest.
    """
    values = _count(body)
    if values > MAX_VALUES:
        values = _count_outside_strings(body)
    if values > MAX_VALUES:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"The body may have at most {MAX_VALUES:,} values: brackets and commas."
        )
    return _BYTES_PER_BYTE * len(body) + _BYTES_PER_VALUE * values


def _count(text: bytes) -> int:
    """Return at least how many values *text* has: each begins with a bracket, or stands behind a comma."""
    return len(text) - len(text.translate(None, _STRUCTURE))


def _count_outside_strings(body: bytes) -> int:
    """
    Return how many values *body* has where a pasted text with many commas does not count.

    Exact for valid JSON. Of anything else the parser makes objects only if it is valid to its end.
    """
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    strings = unescaped.count(b'"') // 2
    if strings > 2 * MAX_VALUES:  # At most a name and a value each. Bounds the pieces made below, too.
        return strings
    return _count(b"".join(unescaped.split(b'"')[::2]))
