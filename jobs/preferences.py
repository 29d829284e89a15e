"""What a conversation wants to be told of its jobs, and when."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from instants import instant, micros
from jobs.notice import NoticeKind
from time_zones import zone_of

#: Answers to people. They are told even in quiet hours: whoever asks is awake.
_ANSWERS = frozenset(kind for kind in NoticeKind if kind.is_an_answer)

#: What is told in quiet hours if trouble is let through.
_TROUBLE = frozenset(kind for kind in NoticeKind if kind.is_trouble)


class Only(Enum):
    """Which ends of jobs are told, if not all."""

    FAILURES = "failures"  #: Those that did not succeed.
    CHANGES = "changes"  #: The first failure of jobs with one title, and the first success after it.


class Hold(NamedTuple):
    """Notices wait until an instant, except those of some kinds."""

    until: datetime
    passes: Set[NoticeKind]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of each day, by the clocks of a time zone. It may span midnight."""

    begin: time
    end: time
    zone: str  #: Its name in the IANA database; one that is not known here is taken for UTC.
    lets_trouble_through: bool = False

    def end_of(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end in which *now* is; None outside them."""
        zone = zone_of(self.zone) or UTC
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            last = day + timedelta(days=self.end <= self.begin)
            # Compared as instants: two local times of one zone are compared as if its clocks never change.
            begin = datetime.combine(day, self.begin, zone).astimezone(UTC)
            end = datetime.combine(last, self.end, zone).astimezone(UTC)
            if begin <= now < end:
                return end
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """What a conversation has set. A conversation that set nothing is told everything at once."""

    quiet: QuietHours | None = None
    awake_until: datetime | None = None  #: No quiet hours before: somebody ended them early.
    busy_until: datetime | None = None  #: Somebody is in the middle of something.
    only: Only | None = None

    def hold(self, now: datetime) -> Hold | None:
        """Return how long notices wait, and which do not; None if none has to."""
        if self.busy_until is not None and now < self.busy_until:
            return Hold(self.busy_until, _ANSWERS)
        return self.quiet_hold(now)

    def quiet_hold(self, now: datetime) -> Hold | None:
        """Return how long quiet hours hold notices; None outside them."""
        if self.quiet is None or (self.awake_until is not None and now < self.awake_until):
            return None
        until = self.quiet.end_of(now)
        if until is None:
            return None
        return Hold(until, _ANSWERS | _TROUBLE if self.quiet.lets_trouble_through else _ANSWERS)


NO_PREFERENCES = Preferences()


class Held(NamedTuple):
    """What waits for a conversation, and what it has set."""

    notices: int
    muted_until: datetime | None  #: Nothing is sent before; it may have passed.
    preferences: Preferences


#: Names of what can be set, as it is stored.
QUIET, AWAKE_UNTIL, ONLY, BUSY_UNTIL = "quiet", "awake", "only", "busy"


def dump_quiet(quiet: QuietHours | None) -> dict[str, Any]:
    """Return the change that sets the quiet hours; None sets none. Either forgets that they ended early."""
    stored = None
    if quiet is not None:
        begin, end = (each.isoformat("minutes") for each in (quiet.begin, quiet.end))
        stored = [begin, end, quiet.zone, quiet.lets_trouble_through]
    return {QUIET: stored, AWAKE_UNTIL: None}


def dump_awake_until(until: datetime) -> dict[str, Any]:
    """Return the change that lets quiet hours begin again after *until*."""
    return {AWAKE_UNTIL: micros(until)}


def dump_busy_until(until: datetime | None) -> dict[str, Any]:
    """Return the change that holds notices while somebody is in the middle of something; None ends that."""
    return {BUSY_UNTIL: None if until is None else micros(until)}


def dump_only(only: Only | None) -> dict[str, Any]:
    """Return the change that sets which ends of jobs are told."""
    return {ONLY: None if only is None else only.value}


@lru_cache(1024)
def load_preferences(stored: str | None) -> Preferences:
    """Return the preferences in *stored*, a JSON object; what only a newer version knows is left out."""
    said = orjson.loads(stored) if stored else {}
    quiet, awake, only, busy = (said.get(name) for name in (QUIET, AWAKE_UNTIL, ONLY, BUSY_UNTIL))
    return Preferences(
        quiet=None if quiet is None else _load_quiet(*quiet[:4]),
        awake_until=None if awake is None else instant(awake),
        busy_until=None if busy is None else instant(busy),
        only=Only(only) if only in {each.value for each in Only} else None,
    )


def _load_quiet(begin: str, end: str, zone: str, lets_trouble_through: bool) -> QuietHours:
    return QuietHours(time.fromisoformat(begin), time.fromisoformat(end), zone, lets_trouble_through)
