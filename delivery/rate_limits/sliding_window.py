"""
The rate limit of one conversation: sliding windows that are never exceeded.

Its state is small enough to be stored with the conversation's lane: a `Pace` holds at most a few hundred
numbers, however many sends its windows allow, and none when it is idle.

Longer than other files: limits, windows and the log of sends are one algorithm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Approximate maximum of entries per window; a window with a greater limit is divided into this many parts.
PARTS = 60


@dataclass(frozen=True, slots=True)
class Window:
    """At most *limit* sends in any half-open stretch of time that is *length* long."""

    limit: int
    length: timedelta

    def __post_init__(self) -> None:
        if self.limit < 1 or self.length < _MS:
            raise ValueError(f"A window needs a limit of 1 or more and a length of 1 ms or more: {self}")

    @property
    def grain(self) -> int:
        """
        The resolution of stored send times, in milliseconds: always rounded up, never down.

        So a window is never exceeded, and a send waits too long by less than this: a millisecond when the
        limit is at most `PARTS`, otherwise a sixtieth of the length (a minute for Teams' hour).
        """
        return 1 if self.limit <= PARTS else -(-self.milliseconds // PARTS)

    @property
    def milliseconds(self) -> int:
        """The length, rounded up."""
        return -(-self.length // _MS)

    def with_margins(self) -> Self:
        """Return the stricter window to apply, so that the channel does not see this one exceeded."""
        return type(self)(self.limit - max(RESERVE, self.limit // 12), self.length + MARGIN)


Limits = tuple[Window, ...]

UNLIMITED: Limits = ()

#: Allowance for network delays and the channel's clock between two sends. It lengthens each window, which
#: makes a long burst 2 % slower (60 in 30.5 s).
MARGIN = timedelta(milliseconds=500)

#: Minimum of sends reserved for replies of other processes in turns: those store their send times with the
#: lane only when they hold it. A person does not write faster than that.
RESERVE = 2

#: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit#per-bot-per-thread-limit
TEAMS_PUBLISHED: Limits = (
    Window(7, timedelta(seconds=1)),
    Window(8, timedelta(seconds=2)),
    Window(60, timedelta(seconds=30)),
    Window(1800, timedelta(hours=1)),
)

_KNOWN: Mapping[str, Limits] = {"msteams": tuple(window.with_margins() for window in TEAMS_PUBLISHED)}


def limits_of(channel_id: str, configured: Mapping[str, Limits]) -> Limits:
    """Return the limits of one conversation in a channel: as configured, else as known, else none."""
    return configured.get(channel_id, _KNOWN.get(channel_id, UNLIMITED))


class Pace:
    """
    The latest send times of one conversation, and so the time of the next send.

    Call `record` when a send was answered or given up, not when it began: then the channel also sees the
    windows kept, however long a send takes. If a replica with a slower clock takes over, an instant before
    the last one counts as the last one.
    """

    __slots__ = ("_limits", "_logs", "_not_before")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._not_before = 0  # milliseconds since the epoch
        self._logs: dict[int, _Log] = {}
        for grain in sorted({window.grain for window in limits}):
            windows = [window for window in limits if window.grain == grain]
            longest = max(window.milliseconds for window in windows)
            # The last send may be rounded up past the instant at which the oldest one stops to count.
            self._logs[grain] = _Log(keep=max(window.limit for window in windows), horizon=longest + grain)

    def earliest(self, now: datetime, *, under_way: int = 0) -> datetime:
        """
        Return when the next send is allowed: *now* or later.

        Sends *under_way* will be recorded later than now; until then each counts in every window.
        """
        at = self._not_before
        for window in self._limits:
            free = window.limit - under_way
            nth = self._logs[window.grain].nth_latest(free) if free > 0 else _ceil(now)
            if nth is not None:
                at = max(at, nth + window.milliseconds)
        return max(now, _EPOCH + at * _MS)

    def record(self, now: datetime) -> None:
        """Count one send, whatever its outcome."""
        for grain, log in self._logs.items():
            log.add(-(-_ceil(now) // grain) * grain)

    def hold(self, until: datetime) -> None:
        """Send nothing before *until*, as the channel's Retry-After demands."""
        self._not_before = max(self._not_before, _ceil(until))

    def idle(self, now: datetime) -> bool:
        """Return whether no send time is relevant any more, so that a new pace is equivalent."""
        at = _floor(now)
        return self._not_before <= at and all(log.forgotten(at) for log in self._logs.values())

    def dump(self, now: datetime) -> dict[str, Any] | None:
        """Return the data for `load`, JSON serializable; None if there is none."""
        if self.idle(now):
            return None
        at = _floor(now)
        logs = {str(grain): log.dump(grain) for grain, log in self._logs.items() if not log.forgotten(at)}
        return {"at": at, "until": self._not_before if self._not_before > at else 0, "logs": logs}

    @classmethod
    def load(cls, limits: Limits, value: object, now: datetime) -> Self:
        """
        Return the pace that was dumped as *value*, by the clock that says *now*.

        If it was dumped later than that, the other process's clock is ahead: its instants are moved back, or
        they would forbid all sends until this clock reaches them.

        None, a malformed value and a value written under other limits count as no sends: the channel would
        answer 429, whereas an error here would block the lane for ever.
        """
        pace = cls(limits)
        match value:
            case {"until": int(until), "logs": dict(logs), **others}:
                dumped_at = others.get("at", 0)  # Earlier versions did not say.
                ahead = max(0, dumped_at - _floor(now)) if isinstance(dumped_at, int) else 0
                pace._not_before = until - ahead
                for grain, log in pace._logs.items():
                    log.load(logs.get(str(grain), []), grain, ahead=ahead)
        return pace

    def absorb(self, value: object, now: datetime) -> None:
        """Add the sends that were dumped as *value*, as `load` reads them."""
        self.join(type(self).load(self._limits, value, now))

    def join(self, other: Self) -> None:
        """Add the sends of *other*, which has the same limits."""
        self._not_before = max(self._not_before, other._not_before)
        for grain, log in self._logs.items():
            log.merge(other._logs[grain])


class _Log:
    """
    The instants of the latest sends as runs of equal ones, oldest first: [milliseconds, how many].

    It drops what no window needs: all but the latest *keep* sends, and those more than *horizon* milliseconds
    before the last.
    """

    __slots__ = ("_horizon", "_keep", "_runs", "_total")

    def __init__(self, *, keep: int, horizon: int) -> None:
        self._keep = keep
        self._horizon = horizon
        self._runs: list[list[int]] = []
        self._total = 0

    def add(self, at: int, count: int = 1) -> None:
        if self._runs and at <= self._runs[-1][0]:
            self._runs[-1][1] += count
        else:
            self._runs.append([at, count])
        self._total += count
        latest = self._runs[-1][0]
        while self._total - self._runs[0][1] >= self._keep or self._runs[0][0] + self._horizon <= latest:
            self._total -= self._runs.pop(0)[1]

    def merge(self, other: Self) -> None:
        runs = sorted(self._runs + other._runs)
        self._runs, self._total = [], 0
        for at, count in runs:
            self.add(at, count)

    def nth_latest(self, n: int) -> int | None:
        """Return the instant of the *n*-th latest send (1 is the last); None if there were fewer."""
        for at, count in reversed(self._runs):
            n -= count
            if n <= 0:
                return at
        return None

    def forgotten(self, now: int) -> bool:
        return not self._runs or self._runs[-1][0] + self._horizon <= now

    def dump(self, grain: int) -> list[int]:
        """Return instant, count, instant, count …; each instant in grains since the one before."""
        flat, last = [], 0
        for at, count in self._runs:
            flat += [at // grain - last, count]
            last = at // grain
        return flat

    def load(self, flat: Sequence[int], grain: int, *, ahead: int) -> None:
        """Add what was dumped, *ahead* milliseconds earlier, in whole grains."""
        at = -(ahead // grain)
        for since, count in zip(flat[::2], flat[1::2], strict=True):
            at += since
            self.add(at * grain, count)


def _floor(instant: datetime) -> int:
    """Return the milliseconds since the epoch."""
    return (instant - _EPOCH) // _MS


def _ceil(instant: datetime) -> int:
    return -((_EPOCH - instant) // _MS)
