"""The first page of each kind, row by row, for boards that are open."""

from collections.abc import Callable, Mapping

from delivery.operating.dead_letters import DeadLetterActs
from jobs.job import JobReport
from jobs.listing import JobsAsked
from jobs.redelivery import LetterFilter
from jobs.service import JobService
from state.store.operators.store import OperatorStore
from web.board.feed import Rows
from web.board.pages import Pages, bounded
from web.board.serving import SIZE, ParkedLanes

_COUNTS = ("running", "waiting", "parked", "muted", "dead")


class FirstPages:
    """Asks for them, and makes their rows."""

    def __init__(
        self,
        store: OperatorStore,
        parked: ParkedLanes,
        jobs: JobService,
        letters: DeadLetterActs,
        pages: Pages,
    ) -> None:
        self._store = store
        self._parked = parked
        self._jobs = jobs
        self._letters = letters
        self._rows = {kind: pages.row(kind) for kind in ("job", "waiting", "parked", "dead")}

    @property
    def make_job(self) -> Callable[[JobReport], str]:
        """What makes the row of a job."""
        return self._rows["job"]

    async def counts(self) -> Mapping[str, str]:
        """Return the counts as pages show them."""
        counts = await self._store.overviews.counts()
        return {"jobs": f"{counts.jobs:,}"} | {name: bounded(getattr(counts, name)) for name in _COUNTS}

    async def newest(self) -> list[JobReport]:
        """Return the newest jobs."""
        found = await self._jobs.list(JobsAsked(size=SIZE))
        reports = await self._store.overviews.reports([job.id for job in found.jobs])
        return [reports[job.id] for job in found.jobs if job.id in reports]

    async def waiting(self) -> Rows:
        """Return the queues that are due first."""
        found = await self._store.overviews.waiting(limit=SIZE)
        return {each.lane: self._rows["waiting"](each) for each in found}

    async def parked(self) -> Rows:
        """Return the conversations that are parked for longest."""
        found = await self._parked.parked(limit=SIZE)
        return {each.lane: self._rows["parked"](each) for each in found}

    async def dead(self) -> Rows:
        """Return the oldest dead letters."""
        found, _ = await self._letters.page(LetterFilter(), limit=SIZE)
        return {f"{each.lane}/{each.seq}": self._rows["dead"](each) for each in found}
