"""Any order of turns, workers, crashes and time: the store does what plain dictionaries do."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.changes import Finished, ParkLane, ReportResult
from jobs.job import JobId, NoticeStatus
from jobs.lane import LaneKey
from jobs.notice import Claim
from state.errors import LeaseLost
from tests.contract.asking import A, B, C, complete, defer, speak, start, total
from tests.contract.databases import Open
from tests.contract.model import Model
from tests.fakes.fake_clock import FakeClock

T = TypeVar("T")

lanes = st.sampled_from([A, B, C])
#: Which of the jobs or claims so far; the remainder of it, so that any number is one.
which = st.integers(0, 30)
waits = st.sampled_from([timedelta(), timedelta(seconds=1), timedelta(seconds=29), timedelta(seconds=31)])


class Laws(RuleBasedStateMachine):
    """Turns and several workers over one store; a worker is a claim that it remembers."""

    def __init__(self, open_store: Open, clock: FakeClock) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._opened = open_store()
        self._store = self._run(self._opened.__aenter__())
        self._clock = clock
        self._model = Model()
        self._jobs: list[JobId] = []
        self._started: dict[tuple[LaneKey, str], JobId] = {}
        self._claims: list[Claim] = []  # Also those that are over: workers do not know.
        self._tokens = (f"born leased {n}" for n in count())

    def teardown(self) -> None:
        self._run(self._opened.__aexit__(None, None, None))
        self._loop.close()

    @rule(lane=lanes, activity=st.sampled_from([None, "activity-1", "activity-2"]))
    def start(self, lane, activity):
        job_id = self._run(start(self._store, lane, source_activity=activity)).id
        if (lane, activity) in self._started:
            assert job_id == self._started[lane, activity]
        else:
            self._model.start(lane, job_id)
            self._jobs.append(job_id)
            if activity:
                self._started[lane, activity] = job_id

    @precondition(lambda self: self._jobs)
    @rule(which=which, born_leased=st.booleans())
    def complete(self, which, born_leased):
        job_id = self._jobs[which % len(self._jobs)]
        token = next(self._tokens) if born_leased else None
        outcome = self._run(complete(self._store, job_id, token))
        if self._model.notices[job_id] is not None:
            assert outcome == Finished(result=ReportResult.ALREADY_FINISHED)
            return
        assert outcome.result is ReportResult.ACCEPTED
        assert (outcome.claim is not None) == self._model.owe(job_id, self._clock(), token)
        self._remember(outcome.claim)

    @rule(limit=st.integers(0, 3))
    def claim(self, limit):
        claims = self._run(self._store.claim(limit))
        self._model.claim(claims, limit, self._clock())
        self._claims += claims

    @precondition(lambda self: self._claims)
    @rule(which=which, how_many=st.integers(1, 3), dead=st.booleans())
    def settle(self, which, how_many, dead):
        claim = self._claims[which % len(self._claims)]
        how_many = min(how_many, len(claim.notices))
        through = claim.notices[how_many - 1].seq
        if dead:
            settling = self._store.dead(claim, through, status=None, error="dead")
        else:
            settling = self._store.sent(claim, through)
        held, following = self._fenced(claim, settling)
        if held:
            fate = NoticeStatus.FAILED if dead else NoticeStatus.SENT
            more = self._model.settle(claim, how_many, fate, self._clock())
            assert (following is not None) == more
            if more:  # The worker goes on with it.
                self._claims.remove(claim)
                self._remember(following)

    @precondition(lambda self: self._claims)
    @rule(which=which, how=st.sampled_from(["retry", "release", "park"]), after=waits)
    def give_back(self, which, how, after):
        claim = self._claims[which % len(self._claims)]
        ways = {
            "retry": lambda: self._store.retry(claim, after, "failed"),
            "release": lambda: self._store.release(claim, after),
            "park": lambda: self._store.park(claim, "blocked"),
        }
        held, _ = self._fenced(claim, ways[how]())
        if held:
            due_at = None if how == "park" else self._clock() + after
            self._model.give_back(claim.lane, due_at, failed=how == "retry")

    @rule()
    def renew(self):
        ours = self._run(self._store.renew(self._claims))
        assert ours == {claim.token for claim in self._claims if self._model.renew(claim, self._clock())}

    @precondition(lambda self: self._claims)
    @rule(which=which)
    def crash(self, which):
        """The worker crashes; its lane is due again when the lease ends."""
        del self._claims[which % len(self._claims)]

    @rule(by=waits)
    def time_passes(self, by):
        self._clock.now += by

    @rule(lane=lanes)
    def uninstall(self, lane):
        self._run(self._store.commit([ParkLane(lane=lane, reason="uninstalled")]))
        if lane in self._model.lanes:
            self._model.give_back(lane, None)

    @rule(lane=lanes, by=st.one_of(st.none(), waits))
    def defer(self, lane, by):
        if lane in self._model.lanes:
            until = None if by is None else self._clock() + by
            self._run(defer(self._store, until, lane))
            self._model.defer(lane, until, self._clock())

    @rule(lane=lanes)
    def speak(self, lane):
        assert self._run(speak(self._store, lane)) == self._model.hear(lane, self._clock())

    @precondition(lambda self: self._jobs)
    @rule(which=which)
    def requeue(self, which):
        job_id = self._jobs[which % len(self._jobs)]
        dead = self._model.notices[job_id] is NoticeStatus.FAILED
        assert self._run(self._store.requeue(job_id)) == dead
        if dead:
            self._model.owe(job_id, self._clock())

    @invariant()
    def the_store_tells_what_the_model_tells(self):
        async def ask():
            reports = await asyncio.gather(*map(self._store.find, self._jobs))
            letters = await self._store.dead_letters(limit=1000)
            return reports, letters, await total(self._store)

        reports, letters, total_jobs = self._run(ask())
        statuses = {report.job.id: report.notice and report.notice.status for report in reports}
        assert statuses == {job_id: self._model.status(job_id) for job_id in self._jobs}
        dead = [job_id for job_id, fate in self._model.notices.items() if fate is NoticeStatus.FAILED]
        assert sorted(letter.job_id for letter in letters) == dead
        assert total_jobs == len(self._jobs)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _fenced(self, claim: Claim, write: Coroutine[Any, Any, T]) -> tuple[bool, T | None]:
        """Make a write that needs the lease; return whether *claim* still holds it, and the result."""
        if self._model.holds(claim):
            return True, self._run(write)
        with pytest.raises(LeaseLost):
            self._run(write)
        return False, None

    def _remember(self, claim: Claim | None) -> None:
        if claim is not None:
            self._model.check(claim)
            self._claims.append(claim)


def keep_the_laws(new_database: Callable[[FakeClock], Open], examples: int, steps: int) -> None:
    def laws() -> Laws:
        clock = FakeClock()
        return Laws(new_database(clock), clock)

    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, report_multiple_bugs=False
    )
    run_state_machine_as_test(laws, settings=profile)


def test_the_store_keeps_the_laws(new_database: Callable[[FakeClock], Open]) -> None:
    keep_the_laws(new_database, examples=15, steps=30)


@pytest.mark.slow
def test_the_store_keeps_the_laws_at_length(new_database: Callable[[FakeClock], Open]) -> None:
    keep_the_laws(new_database, examples=60, steps=60)
