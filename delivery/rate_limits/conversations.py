"""The paces of all conversations that this process has lately spoken to."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import orjson

from delivery.rate_limits.sliding_window import Limits, Pace, limits_of
from jobs.lane import LaneKey, channel_of
from lru_map import LruMap

_NO_WAIT = timedelta()

#: Conversations kept at most; the one that was not spoken to for longest goes first.
_KEPT = 20_000


class ConversationRateLimiter:
    """
    When each conversation may be spoken to next; what is said in turns counts like what is delivered.

    A lane that is handed over carries along what was said, by whom: `dump` is stored with it, `adopt` takes
    it up. Each process is remembered apart, so that what went to and fro between two is not counted twice.
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
        self._conversations: LruMap[LaneKey, _Conversation] = LruMap(_KEPT)

    def speaking(self, lane: LaneKey, messages: int = 1) -> AbstractContextManager[None]:
        """
        Count messages that the body sends: as under way, then as sent when it ends, whatever came of them.

        When the channel counts one that is under way is not known before it is answered, so that it takes
        its place in every window until then.
        """
        conversation = self._conversation(lane)
        return _UNCOUNTED if conversation is None else _Speaking(conversation, messages, self._clock)

    def hold(self, lane: LaneKey, until: datetime) -> None:
        """Say nothing more there before *until*, for the channel said so."""
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
        """Take up what came with a lane: others know best what they said, and we what we did."""
        conversation = self._conversation(lane)
        if conversation is None:
            return
        said: dict[str, Any] = {} if dumped is None else orjson.loads(dumped)
        if conversation.new:
            conversation.ours.absorb(said.get(self._owner))
        conversation.new = False
        conversation.others = {
            owner: Pace.load(conversation.limits, value)
            for owner, value in said.items()
            if owner != self._owner
        }

    def dump(self, lane: LaneKey) -> str | None:
        """Return what `adopt` needs; None if there is nothing to remember."""
        conversation = self._conversations.get(lane)
        if conversation is None:
            return None
        now = self._clock()
        paces = {self._owner: conversation.ours, **conversation.others}
        said = {owner: dumped for owner, pace in paces.items() if (dumped := pace.dump(now)) is not None}
        return orjson.dumps(said).decode() if said else None

    def _conversation(self, lane: LaneKey) -> "_Conversation | None":
        """Return what is known of the conversation, or None where the channel sets no limits."""
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
    """Messages under way; no generator, since every turn passes here."""

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
    """What was said in one conversation, by us and by others."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.ours = Pace(limits)
        self.others: dict[str, Pace] = {}
        self.under_way = 0
        self.new = True  #: Nothing was adopted yet: what we said before we forgot it comes with the lane.

    def earliest(self, now: datetime) -> datetime:
        """Return when the next message is allowed."""
        if not self.others:
            return self.ours.earliest(now, under_way=self.under_way)
        together = Pace(self.limits)
        for pace in (self.ours, *self.others.values()):
            together.join(pace)
        return together.earliest(now, under_way=self.under_way)
