"""
Server-sent events, as lines come.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from collections.abc import AsyncIterator
from typing import NamedTuple


class Event(NamedTuple):
    """One event."""

    id: str
    name: str
    data: str


async def events_of(lines: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Yield the events in *lines*; one that was cut off is none."""
    last, name = "", ""
    data: list[str] = []
    async for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            if data:
                yield Event(last, name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            last = value
