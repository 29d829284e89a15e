"""Dead letters by filter: count them first, then requeue or purge a few, or all of them at a pace."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from jobs.notice import DeadLetter, LetterPlace
from jobs.operators import Operator
from jobs.redelivery import LetterAct, LetterFilter, LetterRun, reason_class
from state.store.operators.store import OperatorStore

#: Dead letters that one question looks at, and that one act changes: so many go through the database at once.
SCANNED, CHANGED = 10_000, 200

_PAGE = 500
_REASONS = 20

_log = logging.getLogger(__name__)


class LetterStore(Protocol):
    """The part of a store that is used here; see `state.store.port`."""

    @property
    def operators(self) -> OperatorStore: ...
    async def dead_letters(
        self, *, limit: int, after: DeadLetter | LetterPlace | None = None
    ) -> list[DeadLetter]: ...
    async def requeue_letters(self, letters: Sequence[DeadLetter]) -> int: ...
    async def purge_letters(self, letters: Sequence[DeadLetter]) -> int: ...


class Matched(NamedTuple):
    """What fits a filter, among the `SCANNED` oldest dead letters."""

    letters: Sequence[DeadLetter]
    by_reason: dict[str, int]  #: The most frequent reasons.
    beyond: bool  #: Whether there are letters that were not looked at.


class Done(NamedTuple):
    """What an act came to."""

    matched: Matched
    changed: int
    more: bool  #: Whether to ask again: so many are changed at a time.


class DeadLetterActs:
    """Finds and changes dead letters; what changes some is recorded under an operator's name."""

    def __init__(self, store: LetterStore) -> None:
        self._store = store

    async def page(
        self, which: LetterFilter, *, limit: int, after: LetterPlace | None = None
    ) -> tuple[list[DeadLetter], LetterPlace | None]:
        """Return at most *limit* letters that fit, the oldest first, and where the list goes on."""
        found: list[DeadLetter] = []
        place, scanned = after, 0
        while scanned < SCANNED:
            page = await self._store.dead_letters(limit=_PAGE, after=place)
            for letter in page:
                place = letter.place
                if which.fits(letter):
                    found.append(letter)
                    if len(found) == limit:
                        return found, place
            if len(page) < _PAGE:
                return found, None
            scanned += len(page)
        return found, place

    async def match(self, which: LetterFilter) -> Matched:
        """Return what fits; nothing is changed."""
        letters, beyond = await self.page(which, limit=SCANNED)
        reasons = Counter(map(reason_class, letters))
        return Matched(letters, dict(reasons.most_common(_REASONS)), beyond is not None)

    async def do(self, who: Operator, act: LetterAct, which: LetterFilter) -> Done:
        """Requeue or purge at most `CHANGED` of the letters that fit, the oldest first."""
        matched = await self.match(which)
        some = matched.letters[:CHANGED]
        changed = await self.do_these(who, act, some, f"dead letters {which}".strip())
        if changed:
            _log.warning("%d dead letters: %s by %s", changed, act.value, who.name)
        return Done(matched, changed, len(some) < len(matched.letters) or matched.beyond)

    async def do_these(
        self, who: Operator, act: LetterAct, letters: Sequence[DeadLetter], target: str
    ) -> int:
        """Requeue or purge these letters, recorded as of *target*; return how many there were."""
        if not letters:
            return 0
        await self._store.operators.audit.record(who, act.value, target, len(letters))
        return await self.change(act, letters)

    async def change(self, act: LetterAct, letters: Sequence[DeadLetter]) -> int:
        """Requeue or purge these letters; return how many there were. The caller records it."""
        if act is LetterAct.REQUEUE:
            return await self._store.requeue_letters(letters)
        return await self._store.purge_letters(letters)

    async def start(self, who: Operator, act: LetterAct, which: LetterFilter) -> LetterRun:
        """Begin an act over all letters that fit and are dead now; it goes on by itself."""
        matched = await self.match(which)
        target = f"all dead letters {which}".strip()
        await self._store.operators.audit.record(who, act.value, target, len(matched.letters))
        _log.warning("All dead letters that fit: %s by %s", act.value, who.name)
        return await self._store.operators.letter_runs.start(who, act, which)

    async def switch(self, who: Operator, number: int, *, stop: bool) -> bool:
        """Stop a run, or let it go on; return whether that changed it."""
        act = "stop" if stop else "go on"
        await self._store.operators.audit.record(who, act, f"run {number}")
        return await self._store.operators.letter_runs.switch(number, stop=stop)
