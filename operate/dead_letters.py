"""Dead letters on the host: list them, and requeue or purge those that fit, also while the bot is down."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from delivery.operating.dead_letters import DeadLetterActs
from jobs.notice import DeadLetter
from jobs.operators import Operator, Role
from jobs.redelivery import LetterAct, LetterFilter
from state.store.opening import open_store

T = TypeVar("T")

#: No lane is leased here: whoever delivers leases what is requeued.
_LEASE = timedelta(seconds=30)


def listed(url: str, which: LetterFilter, *, most: int) -> list[str]:
    """Return a line for each dead letter that fits, at most *most*, the oldest first."""

    async def act(acts: DeadLetterActs) -> list[str]:
        letters, _ = await acts.page(which, limit=most)
        return [_line(letter) for letter in letters]

    return _with_acts(url, act)


def counted(url: str, which: LetterFilter) -> list[str]:
    """Return how many fit, and how many of them for each reason."""

    async def act(acts: DeadLetterActs) -> list[str]:
        matched = await acts.match(which)
        more = ", and there may be more" if matched.beyond else ""
        lines = [f"{count:7} {reason}" for reason, count in matched.by_reason.items()]
        return [f"{len(matched.letters)} fit{more}", *lines]

    return _with_acts(url, act)


def changed(url: str, letter_act: LetterAct, which: LetterFilter) -> int:
    """Requeue or purge all that fit, recorded under the name of who runs the command; return how many."""
    who = Operator(getpass.getuser(), Role.OPERATOR, "the host")

    async def act(acts: DeadLetterActs) -> int:
        total = 0
        while True:
            done = await acts.do(who, letter_act, which)
            total += done.changed
            if not done.changed:
                return total

    return _with_acts(url, act)


def _line(letter: DeadLetter) -> str:
    status = f" {letter.status}" if letter.status else ""
    return f"{letter.dead_at:%Y-%m-%dT%H:%M:%S} {letter.job_id} {letter.kind.value}{status} {letter.error}"


def _with_acts(url: str, act: Callable[[DeadLetterActs], Awaitable[T]]) -> T:
    async def work() -> T:
        async with _acts(url) as acts:
            return await act(acts)

    return asyncio.run(work())


@asynccontextmanager
async def _acts(url: str) -> AsyncIterator[DeadLetterActs]:
    async with open_store(url, lease=_LEASE) as store:
        yield DeadLetterActs(store)
