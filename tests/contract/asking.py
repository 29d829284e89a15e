"""What the contract's tests ask of a store, one line each."""

from datetime import datetime, timedelta
from typing import Any, cast

from jobs.changes import DeferLane, Finished, FinishJob, StartJob
from jobs.job import Job, JobId, JobStatus, NoticeReport
from jobs.lane import Heard, LaneKey, lane_key
from jobs.listing import JobPage, PageAsked, View
from jobs.notice import Claim
from tests.contract.databases import Store

A, B, C = (lane_key("test", f"conversation-{name}") for name in "abc")
URL = "https://channel.example/"
REFERENCE = f'{{"serviceUrl":"{URL}"}}'


def start_job(lane: LaneKey = A, **fields: Any) -> StartJob:
    """Return the change that starts a job; what *fields* leave out is empty."""
    blank = {"tenant": lane, "title": None, "requested_by": None, "source_activity": None}
    return StartJob(lane=lane, **{**blank, "reference": REFERENCE, **fields})


async def start(store: Store, lane: LaneKey = A, **fields: Any) -> Job:
    """Start one job."""
    return cast(Job, (await store.commit([start_job(lane, **fields)]))[0])


async def complete(
    store: Store, job_id: JobId, token: str | None = None, *, source: str | None = None
) -> Finished:
    """Complete one job."""
    change = FinishJob(job_id=job_id, token=token, source=source)
    return cast(Finished, (await store.commit([change]))[0])


async def finish(store: Store, job_id: JobId, status: JobStatus, **fields: Any) -> Finished:
    """End one job in *status*."""
    change = FinishJob(job_id=job_id, status=status, **{"token": None, "source": None, **fields})
    return cast(Finished, (await store.commit([change]))[0])


async def defer(store: Store, until: datetime | None, lane: LaneKey = A) -> None:
    """Defer a lane until an instant."""
    await store.commit([DeferLane(lane=lane, until=until)])


async def owe(store: Store, count: int = 1, lane: LaneKey = A) -> list[JobId]:
    """Start *count* jobs and complete them in that order; no worker holds the lane."""
    jobs = cast(list[Job], await store.commit([start_job(lane) for _ in range(count)]))
    await store.commit([FinishJob(job_id=job.id, token=None, source=None) for job in jobs])
    return [job.id for job in jobs]


async def claim_one(store: Store) -> Claim:
    """Claim the only lane that is due."""
    (claim,) = await store.claim(10)
    return claim


async def sent(store: Store, claim: Claim, count: int = 1, **how: Any) -> Claim | None:
    """Settle the first *count* notices of a claim as sent."""
    return await store.sent(claim, claim.notices[count - 1].seq, **how)


async def dead(store: Store, claim: Claim, count: int = 1, **how: Any) -> Claim | None:
    """Give up on the first *count* notices of a claim."""
    return await store.dead(claim, claim.notices[count - 1].seq, **how)


async def notice(store: Store, job_id: JobId) -> NoticeReport:
    """Return what became of the notice of a completed job."""
    report = await store.find(job_id)
    assert report is not None and report.notice is not None
    return report.notice


async def speak(
    store: Store,
    lane: LaneKey = A,
    *,
    service_url: str = URL,
    speaks: bool = True,
    ago: timedelta = timedelta(),
) -> bool:
    """Record a sign of life of a conversation; return whether that changed anything."""
    return await store.hear([Heard(lane=lane, service_url=service_url, speaks=speaks, ago=ago)])


async def page(
    store: Store,
    lane: LaneKey = A,
    *,
    size: int = 3,
    more: bool = False,
    view: View = View.ALL,
    tenant: str | None = None,
    source_activity: str | None = None,
) -> JobPage:
    """Return a page of the log: all of it, or a tenant's; with *more* what follows the bookmark."""
    return await store.page(
        PageAsked(
            lane=lane,
            size=size,
            view=None if more else view,
            tenant=tenant,
            source_activity=source_activity,
        )
    )


async def total(store: Store) -> int:
    """Return how many jobs there are."""
    return (await page(store)).total


def job_ids(claim: Claim) -> list[JobId]:
    """Return the jobs whose notices *claim* has."""
    return [notice.job_id for notice in claim.notices]
