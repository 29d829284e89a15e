"""Clean text from outside so that it can be stored, shown and logged safely."""

import re

NAME_LENGTH = 100  #: Characters of a display name that are kept and shown.

# Each of these is the inside of a character class.
# C0 (PostgreSQL refuses NUL), DEL, C1, line and paragraph separators (they can forge log lines).
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# Marks that reverse the reading direction, and lone surrogates (they have no UTF-8 encoding).
_MISLEADING = r"\u202a-\u202e\u2066-\u2069\ud800-\udfff"
# Invisible characters: soft hyphen, direction marks, zero-width space, word joiner and other format
# characters, Hangul fillers, and tags, which can hide a whole text. Two names that differ only in them look
# alike. The joiners U+200C and U+200D and variation selectors stay: emoji and some scripts need them.
_INVISIBLE = (
    r"\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# Invisible too, and a text can hide in a row of them. Some scripts need one after a letter.
_VARIATION_SELECTORS = r"\U000e0100-\U000e01ef"

_CONTROLS = re.compile(f"[{_CONTROL}]")
_UNFIT_RUNS = re.compile(f"[{_CONTROL}{_MISLEADING}]+")
_INVISIBLE_RUNS = re.compile(f"[{_INVISIBLE}]+")
_UNFIT_FOR_LOGS = re.compile(f"[{_CONTROL}{_MISLEADING}{_INVISIBLE}{_VARIATION_SELECTORS}](?<!\n)")


def has_control(text: str) -> bool:
    """Say whether *text* has a control character, or a separator of lines or paragraphs."""
    return _CONTROLS.search(text) is not None


def escaped(text: str) -> str:
    """
    Return *text* with each character that misleads a reader or a terminal written as Python would escape it.

    Newlines stay as they are.
    """
    return _UNFIT_FOR_LOGS.sub(lambda match: ascii(match[0])[1:-1], text)


def plain(text: str) -> str:
    """
    Return *text* without control and invisible characters.

    Each run of control characters becomes one space; invisible characters are removed.
    """
    if text.isascii() and text.isprintable():  # The common case.
        return text
    return _INVISIBLE_RUNS.sub("", _UNFIT_RUNS.sub(" ", text))


def one_line(text: str, length: int) -> str:
    """
    Return *text* as one plain line of at most *length* characters, with single spaces.

    The text is cut before it is cleaned, so the cost is bounded for any input size.
    """
    return " ".join(plain(text[: 4 * length]).split())[:length]


def cut_short(text: str, length: int) -> str:
    """Return *text*, of at most *length* characters; if some are cut, an ellipsis says so."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
