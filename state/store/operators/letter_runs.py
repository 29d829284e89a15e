"""
Acts over many dead letters: kept, so that any process goes on with one after a restart.

A run is leased by its `due_at`: a process that takes one moves it ahead, and no other takes it before.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from instants import instant, micros
from jobs.lane import LaneKey
from jobs.notice import LetterPlace
from jobs.operators import Operator
from jobs.redelivery import LetterAct, LetterFilter, LetterRun, RunState
from state.store.statements import Statements

_COLUMNS = "id, act, which, who, started_at, state, changed, looked_at, after_at, after_lane, after_seq"

_START = f"""
INSERT INTO letter_runs (act, which, who, started_at, state, due_at)
VALUES (?1, ?2, ?3, ?4, 'running', ?5) RETURNING {_COLUMNS}
"""

_LIST = f"SELECT {_COLUMNS} FROM letter_runs ORDER BY id DESC LIMIT ?1"

TAKE = f"""
UPDATE letter_runs SET due_at = ?2 WHERE state = 'running' AND due_at <= ?1 AND id = (
    SELECT min(id) FROM letter_runs WHERE state = 'running' AND due_at <= ?1
) RETURNING {_COLUMNS}
"""

_ADVANCE = """
UPDATE letter_runs SET changed = changed + ?2, looked_at = looked_at + ?3, after_at = ?4, after_lane = ?5,
    after_seq = ?6, due_at = ?7, state = CASE WHEN state = 'running' THEN ?8 ELSE state END
WHERE id = ?1
"""

_SWITCH = "UPDATE letter_runs SET state = ?2, due_at = ?4 WHERE id = ?1 AND state = ?3 RETURNING id"


class LetterRuns:
    """Keeps runs."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime]) -> None:
        self._statements = statements
        self._clock = clock

    async def start(self, who: Operator, act: LetterAct, which: LetterFilter) -> LetterRun:
        """Begin a run over the letters that are dead now."""
        now = micros(self._clock())
        kept = orjson.dumps(which._asdict()).decode()
        (row,) = await self._statements.write(_START, act.value, kept, who.name, now, now)
        return _run_of(row)

    async def runs(self, *, limit: int) -> list[LetterRun]:
        """Return the newest runs."""
        return [_run_of(row) for row in await self._statements.fetch(_LIST, limit)]

    async def take(self, lease: timedelta) -> LetterRun | None:
        """Take a run that is due, for so long; None if none is."""
        now = self._clock()
        rows = await self._statements.write(TAKE, micros(now), micros(now + lease))
        return _run_of(rows[0]) if rows else None

    async def advance(
        self, run: LetterRun, *, changed: int, looked_at: int, after: LetterPlace, pause: timedelta
    ) -> None:
        """Record what was done, and let the run go on *after* a place, when *pause* is over."""
        due_at = micros(self._clock() + pause)
        await self._statements.write(
            _ADVANCE, run.id, changed, looked_at, *_stored(after), due_at, RunState.RUNNING.value
        )

    async def end(self, run: LetterRun, *, changed: int, looked_at: int) -> None:
        """Record what was done last."""
        now = micros(self._clock())
        await self._statements.write(
            _ADVANCE, run.id, changed, looked_at, *_stored(run.after), now, RunState.DONE.value
        )

    async def switch(self, number: int, *, stop: bool) -> bool:
        """Stop a run, or let a stopped one go on; return whether that changed it."""
        states = (RunState.RUNNING, RunState.STOPPED)
        old, new = states if stop else reversed(states)
        now = micros(self._clock())
        return bool(await self._statements.write(_SWITCH, number, new.value, old.value, now))


def _stored(place: LetterPlace | None) -> tuple[int, str, int]:
    return (0, "", 0) if place is None else (micros(place.dead_at), place.lane, place.seq)


def _run_of(row: Sequence[Any]) -> LetterRun:
    number, act, which, who, started_at, state, changed, looked_at, after_at, lane, seq = row
    return LetterRun(
        number,
        LetterAct(act),
        LetterFilter(**orjson.loads(which)),
        who,
        instant(started_at),
        RunState(state),
        changed,
        looked_at,
        LetterPlace(instant(after_at), LaneKey(lane), seq) if after_at else None,
    )
