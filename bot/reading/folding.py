"""Words as a command is compared with: case, width and invisible marks make no difference."""

import re
import unicodedata

# Marks that nobody sees, which keyboards and clients insert: joiners, direction marks, variation selectors.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff]"
)

# What writers and clients put around or behind a word.
_AROUND = " \t\"'`*_~<>()[]{}«»‹›„“”‚‘’"  # noqa: RUF001
_BEHIND = ".,;:!?…。．！？、，"  # noqa: RUF001


def folded(word: str) -> str:
    """Return *word* in the form in which words are compared."""
    if word.isascii():
        return word.lower()
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", word)).casefold()


def bare(word: str) -> str:
    """Return *word* folded, without quotation marks and emphasis around it and punctuation behind it."""
    return folded(word).strip(_AROUND + _BEHIND)
