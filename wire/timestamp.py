"""ISO 8601 instants as msrest reads and writes them, cheaply where they are written the usual way."""

import re
from datetime import UTC, datetime

from msrest import Deserializer, Serializer

#: What `datetime.fromisoformat` and msrest read alike. msrest decides on all else: years whose offset may
#: lead out of the calendar, 24:00, small letters, a comma for the point, zones without minutes.
_is_usual = re.compile(
    r"[12]\d{3}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:[0-5]\d)?", re.ASCII
).fullmatch


#: Characters of a timestamp that is read; the longest sensible one has 35. msrest reads digits one by one.
_MAX_LENGTH = 64


def parse_timestamp(text: str) -> datetime:
    """
    Return the instant that *text* names: aware if it has a zone, in whole microseconds, rounded down.

    Raises what msrest raises: `DeserializationError`, or `AttributeError` if it is no text. `ValueError` for
    more than 64 characters.
    """
    if type(text) is str:
        if len(text) > _MAX_LENGTH:
            raise ValueError("too long for a timestamp")
        if _is_usual(text):
            try:
                return datetime.fromisoformat(text)
            except ValueError:  # The 30th of February.
                pass
    instant: datetime = Deserializer.deserialize_iso(text)
    return instant


def format_timestamp(instant: datetime | str) -> str:
    """
    Return *instant* in UTC, with 3 to 6 decimals and a ``Z``; a naive one counts as UTC.

    Raises msrest's `SerializationError` for what is no instant, nor text that names one.
    """
    if type(instant) is datetime and instant.tzinfo is UTC:
        digits = instant.isoformat(timespec="microseconds")
        return digits[:23] + digits[23:26].rstrip("0") + "Z"
    text: str = Serializer().serialize_data(instant, "iso-8601")
    return text
