"""The paces of all conversations that this process has lately spoken to."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from delivery.pacing import Limits, Pace, limits_of
from state.lanes import LaneKey, channel_of

#: Paces kept at most; the one that was not spoken to for longest goes first, and it is idle by then.
_KEPT = 20_000


class Paces:
    """
    When each conversation may be spoken to next; what is said in turns counts like what is delivered.

    A lane that is handed over carries its pace along: `dump` is stored with it, `adopt` takes it up. Only a
    pace that another process wrote is taken up, for our own memory knows at least what we wrote.
    """

    def __init__(
        self,
        *,
        owner: str,
        clock: Callable[[], datetime],
        configured: Mapping[str, Limits] | None = None,
    ) -> None:
        """Write as *owner*, which no other process is called; *configured* limits go by channel id."""
        self._owner = owner
        self._clock = clock
        self._configured = configured or {}
        self._paces: OrderedDict[LaneKey, Pace] = OrderedDict()

    def record(self, lane: LaneKey, messages: int = 1) -> None:
        """Count messages that were answered, or given up, just now."""
        pace = self._pace(lane)
        if pace is not None:
            for _ in range(messages):
                pace.record(self._clock())

    def hold(self, lane: LaneKey, until: datetime) -> None:
        """Say nothing more there before *until*, for the channel said so."""
        pace = self._pace(lane)
        if pace is not None:
            pace.hold(until)

    def earliest(self, lane: LaneKey) -> datetime:
        """Return when the next message may go."""
        now = self._clock()
        pace = self._pace(lane)
        return now if pace is None else pace.earliest(now)

    def adopt(self, lane: LaneKey, dumped: str | None) -> None:
        """Take up the pace that came with a lane."""
        if dumped is None:
            return
        value: Any = orjson.loads(dumped)
        pace = self._pace(lane)
        if pace is not None and value["owner"] != self._owner:
            pace.absorb(value["pace"])

    def dump(self, lane: LaneKey) -> str | None:
        """Return what `adopt` needs; None if there is nothing to remember."""
        pace = self._paces.get(lane)
        dumped = None if pace is None else pace.dump(self._clock())
        return None if dumped is None else orjson.dumps({"owner": self._owner, "pace": dumped}).decode()

    def _pace(self, lane: LaneKey) -> Pace | None:
        """Return the lane's pace, or None where the channel sets no limits."""
        pace = self._paces.get(lane)
        if pace is None:
            limits = limits_of(channel_of(lane), self._configured)
            if not limits:
                return None
            pace = self._paces[lane] = Pace(limits)
            if len(self._paces) > _KEPT:
                self._paces.popitem(last=False)
        self._paces.move_to_end(lane)
        return pace
