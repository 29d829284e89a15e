"""Time zones by their names in the IANA database."""

import re
from datetime import tzinfo
from zoneinfo import ZoneInfo

#: Names as IANA has them; others name no file that should be opened.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


def zone_of(name: str | None) -> tzinfo | None:
    """Return the time zone that IANA calls *name*, such as ``Europe/Berlin``; None if there is none."""
    if not name or not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError.
        return None
