"""Settings that are valid but probably wrong: one line each, which says what to do."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

#: Minimum share of letters that two names have in common, in the same order. PROT and PORT share 0.75. That
#: is too low for longer names: DATABASE_URL and PostgreSQL's own PGDATABASE share 0.76.
_ALIKE, _ALIKE_IF_SHORT, _SHORT = 0.85, 0.75, 4

#: Maximum difference in length: PGPORT and PORT are settings of two different programs.
_LENGTH_DIFFERENCE = 1

#: A suffix that users may forget: RETRY_BASE for RETRY_BASE_SECONDS.
_UNIT = "_SECONDS"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def misspelt(found: Iterable[str], settings: Iterable[str]) -> list[str]:
    """Return a line for each name in *found* that resembles a setting but is none. Case does not matter."""
    known = {name.casefold() for name in settings}
    spellings = {_letters(name.removesuffix(_UNIT)): name for name in settings}
    spellings |= {_letters(name): name for name in settings}
    lines = []
    for name in dict.fromkeys(found):
        if name.casefold() not in known and (meant := _nearest(_letters(name), spellings)):
            lines.append(f"{name} is not a setting and does nothing: did you mean {meant}?")
    return lines


def odd_app_id(app_id: str) -> list[str]:
    """Return a line if *app_id* is neither empty nor a GUID, the form of the ids that Azure Bot assigns."""
    if not app_id or _GUID.fullmatch(app_id):
        return []
    return [
        "MicrosoftAppId is not a GUID such as 01234567-89ab-cdef-0123-456789abcdef: take the app id from the"
        " bot's registration, not its name"
    ]


def fault_line(error: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors as a line that begins with the setting's name."""
    message = error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, error['loc']))}: {message[0].lower()}{message[1:]}"


def _letters(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _nearest(letters: str, spellings: Mapping[str, str]) -> str | None:
    if letters in spellings:
        return spellings[letters]
    matcher = SequenceMatcher(b=letters, autojunk=False)
    best, meant = _ALIKE_IF_SHORT if len(letters) <= _SHORT else _ALIKE, None
    for spelling, name in spellings.items():
        if abs(len(spelling) - len(letters)) > _LENGTH_DIFFERENCE:
            continue
        matcher.set_seq1(spelling)
        if matcher.real_quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            best, meant = ratio, name
    return meant
