"""Read and write ISO 8601 instants like msrest, with a fast path for the usual forms."""

import re
from datetime import UTC, datetime

from msrest import Deserializer, Serializer

#: Forms that `datetime.fromisoformat` and msrest read with the same result. msrest reads all others: years
#: whose offset may lead out of the calendar, 24:00, lower case, a decimal comma, offsets without minutes.
_is_usual = re.compile(
    r"[12]\d{3}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:[0-5]\d)?", re.ASCII
).fullmatch


#: Maximum characters of a timestamp; the longest sensible one has 35. msrest reads digits one by one.
_MAX_LENGTH = 64


def parse_timestamp(text: str) -> datetime:
    """
    Return the instant in *text*: aware if it has a zone, in whole microseconds, rounded down.

    Raises msrest's `DeserializationError`, `AttributeError` if *text* is not a string, and `ValueError` for
    more than 64 characters.
    """
    if type(text) is str:
        if len(text) > _MAX_LENGTH:
            raise ValueError("too long for a timestamp")
        if _is_usual(text):
            try:
                return datetime.fromisoformat(text)
            except ValueError:  # For example 30 February.
                pass
    instant: datetime = Deserializer.deserialize_iso(text)
    return instant


def format_timestamp(instant: datetime | str) -> str:
    """
    Return *instant* in UTC, with 3 to 6 decimals and a ``Z``; a naive one counts as UTC.

    Raises msrest's `SerializationError` for any other value.
    """
    if type(instant) is datetime and instant.tzinfo is UTC:
        digits = instant.isoformat(timespec="microseconds")
        return digits[:23] + digits[23:26].rstrip("0") + "Z"
    text: str = Serializer().serialize_data(instant, "iso-8601")
    return text
