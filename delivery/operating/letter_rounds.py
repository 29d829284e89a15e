"""Goes on with acts over many dead letters, at a pace, also with those that another process began."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from delivery.operating.dead_letters import DeadLetterActs, LetterStore
from delivery.rounds import beside, logged_failures
from jobs.notice import DeadLetter, LetterPlace
from jobs.redelivery import LetterRun

#: Letters that a run changes in each round: people are told at a pace, and the channel has other work.
PACE = 50

#: Letters that a round looks at, and how long no other process takes a run that this one goes on with.
_LOOKED_AT, _LEASE = 500, timedelta(seconds=30)


class LetterRounds:
    """Any number of processes may do that for one database: a run is leased."""

    def __init__(
        self, store: LetterStore, *, look: Callable[[], None], every: timedelta = timedelta(seconds=1)
    ) -> None:
        """Make a round *every* so often; *look* lets what is requeued be delivered."""
        self._store = store
        self._acts = DeadLetterActs(store)
        self._look = look
        self._every = every

    def running(self) -> AbstractAsyncContextManager[None]:
        """Make rounds while the body runs."""
        return beside(self._rounds(), "go on with dead letters")

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._every.total_seconds())
            with logged_failures("go on with dead letters"):
                await self.round()

    async def round(self) -> None:
        """Go on with the run that is due first, if one is."""
        runs = self._store.operators.letter_runs
        run = await runs.take(_LEASE)
        if run is None:
            return
        letters = await self._store.dead_letters(limit=_LOOKED_AT, after=run.after)
        some = [letter for letter in letters if letter.dead_at <= run.started_at]
        chosen, looked_at = _chosen(run, some)
        changed = await self._acts.change(run.act, chosen) if chosen else 0
        if looked_at == len(some) and len(some) < _LOOKED_AT:
            await runs.end(run, changed=changed, looked_at=looked_at)
        else:
            place: LetterPlace = some[looked_at - 1].place
            await runs.advance(run, changed=changed, looked_at=looked_at, after=place, pause=self._every)
        if changed:
            self._look()


def _chosen(run: LetterRun, letters: list[DeadLetter]) -> tuple[list[DeadLetter], int]:
    """Return the first letters that fit, at most `PACE`, and how many were looked at for that."""
    chosen: list[DeadLetter] = []
    for looked_at, letter in enumerate(letters):
        if run.which.fits(letter):
            if len(chosen) == PACE:
                return chosen, looked_at
            chosen.append(letter)
    return chosen, len(letters)
