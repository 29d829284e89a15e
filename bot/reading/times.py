"""Times as people write them: how long, and until when."""

import re
from datetime import datetime, time, timedelta, tzinfo

_UNITS = {
    "minute": ("m", "min", "mins", "minute", "minutes", "minuten"),
    "hour": ("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden"),
    "day": ("d", "day", "days", "tag", "tage", "tagen"),
    "week": ("w", "week", "weeks", "woche", "wochen"),
}
_SPANS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SPAN_OF = {word: _SPANS[unit] for unit, words in _UNITS.items() for word in words}

_PART = re.compile(r"\s*(?:and\s+)?(\d{1,4})\s*([a-z]+)", re.ASCII)
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(am|pm|uhr)?", re.ASCII)

_BEFORE = ("for ", "until ", "till ", "to ", "bis ", "at ")


def read_until(said: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """
    Return the instant that *said* names, after *now*: ``2h``, ``1 h 30 min``, ``until 9:00``.

    A time of day is the next one in *zone*. None if it is no time.
    """
    text, bounded = said.strip(), False
    for word in _BEFORE:
        if text.startswith(word):
            text, bounded = text.removeprefix(word), word != "for "
            break
    if text == "tomorrow":
        return _next(time(0), now, zone)
    span = None if bounded else read_span(text)
    if span is not None:
        return now + span
    of_day = read_time(text)
    return None if of_day is None else _next(of_day, now, zone)


def read_span(text: str) -> timedelta | None:
    """Return how long *text* says, such as ``2h`` or ``1 day 2 hours``; None if it says no time, or none."""
    total, place = timedelta(), 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or part[2] not in _SPAN_OF:
            return None
        total += int(part[1]) * _SPAN_OF[part[2]]
        place = part.end()
    return total or None


def read_time(text: str) -> time | None:
    """Return the time of day that *text* is, such as ``9:00``, ``17.30``, ``9 am``; None if it is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None or (match[2] is None and match[3] is None and len(match[1]) > 2):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _next(of_day: time, now: datetime, zone: tzinfo) -> datetime:
    """Return the next instant at which clocks in *zone* show *of_day*, also across a change of the clocks."""
    local = now.astimezone(zone)
    for days in (0, 1):
        at = datetime.combine(local.date() + timedelta(days=days), of_day, zone).astimezone(now.tzinfo)
        if at > now:
            return at
    raise AssertionError("tomorrow's is later than now")
