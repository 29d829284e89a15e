"""Jobs in a database as so many turns would have left them."""

from collections.abc import Sequence
from datetime import timedelta

from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference

from jobs.changes import FinishJob, StartJob
from jobs.job import Job, JobId
from jobs.lane import lane_key
from state.references import dump_reference
from state.store.opening import open_store

_JOBS_PER_COMMIT = 2_000


async def seed_jobs(
    database_url: str,
    conversations: Sequence[str],
    jobs_each: int,
    *,
    service_url: str,
    channel_id: str = "emulator",
    tenant: str | None = None,
    completed: bool = False,
) -> dict[str, list[JobId]]:
    """
    Start jobs in *conversations* and return their numbers, in order, by conversation.

    If they are *completed*, too, their notices are due for any worker.
    """
    jobs: dict[str, list[JobId]] = {name: [] for name in conversations}
    starts = [
        (name, start_job(name, service_url, channel_id, tenant))
        for _ in range(jobs_each)
        for name in conversations
    ]
    async with open_store(database_url, lease=timedelta(seconds=30)) as store:
        for first in range(0, len(starts), _JOBS_PER_COMMIT):
            batch = starts[first : first + _JOBS_PER_COMMIT]
            outcomes = await store.commit([start for _, start in batch])
            numbers = [outcome.id for outcome in outcomes if isinstance(outcome, Job)]
            for (name, _), number in zip(batch, numbers, strict=True):
                jobs[name].append(number)
            if completed:
                await store.commit([FinishJob(job_id=each, source=None, token=None) for each in numbers])
    return jobs


def start_job(
    conversation: str, service_url: str, channel_id: str = "emulator", tenant: str | None = None
) -> StartJob:
    """Return what a `run` in *conversation* comes to."""
    reference = ConversationReference(
        bot=ChannelAccount(id="bot-1", name="Bot"),
        user=ChannelAccount(id="user-1", name="Alex"),
        conversation=ConversationAccount(id=conversation),
        channel_id=channel_id,
        service_url=service_url,
    )
    lane = lane_key(channel_id, conversation)
    return StartJob(
        lane=lane,
        tenant=tenant or lane,
        title=None,
        requested_by="Alex",
        reference=dump_reference(reference),
        source_activity=None,
    )
