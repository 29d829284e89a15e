"""Rate limits of the conversations that this process has recently sent to."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import orjson

from delivery.rate_limits.sliding_window import Limits, Pace, limits_of
from jobs.lane import LaneKey, channel_of
from lru_map import LruMap

_NO_WAIT = timedelta()

#: Maximum conversations kept; the least recently used one is dropped first (LRU).
_KEPT = 20_000


class ConversationRateLimiter:
    """
    Limits messages per conversation; replies in turns and notices count alike.

    The send times are stored with a lane: `dump` returns them, `adopt` reads them when another process takes
    the lane. They are kept separately for each process, so that no send is counted twice when a lane moves
    between processes.
    """

    def __init__(
        self,
        *,
        owner: str,
        clock: Callable[[], datetime],
        configured: Mapping[str, Limits] | None = None,
    ) -> None:
        """Store send times under *owner*, unique to this process; *configured* has limits by channel id."""
        self._owner = owner
        self._clock = clock
        self._configured = configured or {}
        self._conversations: LruMap[LaneKey, _Conversation] = LruMap(_KEPT)

    def speaking(self, lane: LaneKey, messages: int = 1) -> AbstractContextManager[None]:
        """
        Count messages that the body sends: first as under way, then as sent when it ends, whatever the
        outcome.

        The time at which the channel counts a message is unknown until its response, so a message under way
        counts in every window.
        """
        conversation = self._conversation(lane)
        return _UNCOUNTED if conversation is None else _Speaking(conversation, messages, self._clock)

    def hold(self, lane: LaneKey, until: datetime) -> None:
        """Send nothing to the conversation before *until*, as the channel's Retry-After demands."""
        conversation = self._conversation(lane)
        if conversation is not None:
            conversation.ours.hold(until)

    def wait(self, lane: LaneKey) -> timedelta:
        """Return how long to wait until the next message may go: zero if it may go now."""
        conversation = self._conversation(lane)
        if conversation is None:
            return _NO_WAIT
        now = self._clock()
        return max(conversation.earliest(now) - now, _NO_WAIT)

    def adopt(self, lane: LaneKey, dumped: str | None) -> None:
        """Read the send times stored with a lane; those of this process in memory take precedence."""
        conversation = self._conversation(lane)
        if conversation is None:
            return
        said: dict[str, Any] = {} if dumped is None else orjson.loads(dumped)
        now = self._clock()
        if conversation.new:
            conversation.ours.absorb(said.get(self._owner), now)
        conversation.new = False
        conversation.others = {
            owner: Pace.load(conversation.limits, value, now)
            for owner, value in said.items()
            if owner != self._owner
        }

    def dump(self, lane: LaneKey) -> str | None:
        """Return the data for `adopt`; None if there is none."""
        conversation = self._conversations.get(lane)
        if conversation is None:
            return None
        now = self._clock()
        paces = {self._owner: conversation.ours, **conversation.others}
        said = {owner: dumped for owner, pace in paces.items() if (dumped := pace.dump(now)) is not None}
        return orjson.dumps(said).decode() if said else None

    def _conversation(self, lane: LaneKey) -> "_Conversation | None":
        """Return the conversation's send times, or None if its channel has no limits."""
        conversation = self._conversations.get(lane)
        if conversation is None:
            limits = limits_of(channel_of(lane), self._configured)
            if not limits:
                return None
            conversation = _Conversation(limits)
            self._conversations.put(lane, conversation)
        return conversation


_UNCOUNTED = nullcontext()


class _Speaking:
    """Counts messages under way. A class, because every turn enters it and generators are slower."""

    __slots__ = ("_clock", "_conversation", "_messages")

    def __init__(self, conversation: "_Conversation", messages: int, clock: Callable[[], datetime]) -> None:
        self._conversation = conversation
        self._messages = messages
        self._clock = clock

    def __enter__(self) -> None:
        self._conversation.under_way += self._messages

    def __exit__(self, *_raised: object) -> None:
        self._conversation.under_way -= self._messages
        for _ in range(self._messages):
            self._conversation.ours.record(self._clock())


class _Conversation:
    """The send times in one conversation, of this process and of others."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.ours = Pace(limits)
        self.others: dict[str, Pace] = {}
        self.under_way = 0
        self.new = True  #: Nothing adopted yet: this process's own earlier send times come with the lane.

    def earliest(self, now: datetime) -> datetime:
        """Return the earliest instant of the next message."""
        if not self.others:
            return self.ours.earliest(now, under_way=self.under_way)
        together = Pace(self.limits)
        for pace in (self.ours, *self.others.values()):
            together.join(pace)
        return together.earliest(now, under_way=self.under_way)
