r"""
Drop half surrogates, such as ``\ud83d`` alone, from the escapes of a JSON text.

Clients that cut a text at a number of UTF-16 units leave half an emoji behind, in a name or in a message.
orjson refuses such a text, since a half has no UTF-8 encoding.
"""

import re

_ESCAPES = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"  # A pair: one character.
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # A half.
    rb"|(\\.)"  # Any other escape. Read here so that the text \\ud83d, an escaped backslash, is no half.
)


def has_surrogates(body: bytes) -> bool:
    """Return whether *body* may contain surrogates: a quick answer that rules out most bodies."""
    return b"\\ud" in body or b"\\uD" in body


def without_halves(body: bytes) -> bytes:
    """Return *body* without the half surrogates; pairs and all else stay. Takes one pass."""
    return _ESCAPES.sub(lambda match: match[1] or match[2] or b"", body)
