"""Quiet hours as people write them: ``22:00-07:00``, ``from 10 pm to 7 am except failures``."""

import re

from bot.reading.folding import bare
from bot.reading.times import read_time
from jobs.preferences import QuietHours
from time_zones import zone_of

_SPAN = re.compile(
    r"(?:from |von )?(?P<begin>[\d:.]+ ?(?:am|pm|uhr)?)\s*(?:-|–|—|to |until |till |bis )\s*"  # noqa: RUF001
    r"(?P<end>[\d:.]+ ?(?:am|pm|uhr)?)(?: (?P<rest>.*))?",
    re.ASCII,
)

#: What lets failures through: "except failures", "but failures", "außer Fehler".
_EXCEPT = ("except failures", "but failures", "außer fehler", "ausser fehler")

_OFF = ("off", "never", "no", "aus")


def ends_quiet(said: str) -> bool:
    """Return whether *said* means that there are to be no quiet hours."""
    return bare(said) in _OFF


def read_quiet(said: str, *, zone: str) -> QuietHours | None:
    """
    Return the quiet hours that *said* names, in *zone* unless it names another; None if it names none.

    Hours that begin when they end are none: nobody means the whole day.
    """
    match = _SPAN.fullmatch(" ".join(said.casefold().split()))
    if match is None:
        return None
    begin, end = read_time(match["begin"]), read_time(match["end"])
    rest, passes = (match["rest"] or "").strip(), False
    for words in _EXCEPT:
        if rest.startswith(words) or rest.endswith(words):
            rest, passes = rest.replace(words, "").strip(), True
            break
    if rest:
        named = next((word for word in said.split() if word.casefold() == rest), "")
        if zone_of(named) is None:
            return None
        zone = named
    return None if begin is None or end is None or begin == end else QuietHours(begin, end, zone, passes)
