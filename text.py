"""Text from outside, made fit to be kept, shown and logged."""

import re

NAME_LENGTH = 100  #: Characters of a display name that are kept and shown.

# C0 with NUL, which PostgreSQL refuses, DEL, C1, line and paragraph separators, which forge log lines, the
# marks that reverse the reading direction, and halves of surrogate pairs, which have no UTF-8. Joiners stay:
# emoji and several scripts need them.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def plain(text: str) -> str:
    """Return *text* with a space for each run of what is no text: control characters and their like."""
    return _UNFIT.sub(" ", text)


def one_line(text: str, length: int) -> str:
    """
    Return *text* as one plain line of at most *length* characters, with single spaces.

    It is cut before it is cleaned, so that a huge text costs no more than a long one.
    """
    return " ".join(plain(text[: 4 * length]).split())[:length]
