"""
A job log as life leaves it: nearly all jobs ended long ago, and their notices are sent.

The jobs are spread over a year and over many conversations. Half of these have a tenant, as in Teams, the
others have none, as in the Emulator. The newest jobs are running. Ids of conversations and activities are
random, so a new one belongs somewhere among all in an index.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from botbuilder.schema import Activity, ConversationAccount

from benchmarks.turns import MESSAGE
from instants import micros
from jobs.job import JobStatus
from jobs.lane import lane_key
from state.references import stored_reference
from state.store.rows import STORED_STATUS

JOBS_OF_CONVERSATION = 20
CONVERSATIONS_OF_TENANT = 50
ONE_RUNS_OF = 1_000  #: jobs; at least one runs.
ONE_FAILED_OF = 25
YEAR = timedelta(days=365)
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
ID, NAME = "{id}", "{name}"  # Stand for a conversation's id and its user's in the reference of all jobs.

ENDED = (STORED_STATUS[JobStatus.SUCCEEDED], STORED_STATUS[JobStatus.FAILED])
RUNNING = STORED_STATUS[JobStatus.RUNNING]


class LivedJob(NamedTuple):
    """A row of `jobs`, with the columns' names."""

    id: int
    lane: str
    tenant: str
    status: str
    requested_by: str
    requester_id: str
    reference: str
    source_activity: str
    created_at: int  #: Microseconds since 1970, as `completed_at`.
    completed_at: int | None
    completed_by: str | None
    notice_seq: int | None


class Conversation(NamedTuple):
    lane: str
    tenant: str
    user: str
    requester_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Life:
    """The rows of a log with so many *jobs*, the newest of them started a moment before *now*."""

    jobs: int
    now: datetime

    @property
    def conversations(self) -> int:
        return ceil(self.jobs / JOBS_OF_CONVERSATION)

    @property
    def running(self) -> int:
        return max(self.jobs // ONE_RUNS_OF, 1)

    def rows(self) -> Iterator[LivedJob]:
        """Yield the jobs from the oldest on. Each round has one job of each conversation, shuffled anew."""
        rng = random.Random(self.jobs)  # noqa: S311 - nothing secret
        conversations = [conversation(number) for number in range(self.conversations)]
        step = YEAR / timedelta(microseconds=1) / self.jobs
        begun = micros(self.now - YEAR)
        last_ended = self.jobs - self.running
        for number in range(self.jobs):
            place = number % len(conversations)
            if not place:
                rng.shuffle(conversations)
            in_conversation = conversations[place]
            created_at = begun + int((number + rng.random()) * step)
            activity = f"{rng.getrandbits(128):032x}"
            ended = number < last_ended
            yield LivedJob(
                id=created_at,
                lane=in_conversation.lane,
                tenant=in_conversation.tenant,
                status=ENDED[not rng.randrange(ONE_FAILED_OF)] if ended else RUNNING,
                requested_by=in_conversation.user,
                requester_id=in_conversation.requester_id,
                reference=in_conversation.reference,
                source_activity=activity,
                created_at=created_at,
                completed_at=created_at + rng.randrange(3_600_000_000) if ended else None,
                completed_by=f"{in_conversation.lane}\x1f{activity[::-1]}" if ended else None,
                notice_seq=number // len(conversations) + 1 if ended else None,
            )


@dataclass(slots=True)
class Totals:
    """The number of all jobs, and of each tenant's."""

    jobs: int = 0
    of_tenants: Counter[str] = field(default_factory=Counter)

    def counting(self, rows: Iterable[LivedJob]) -> Iterator[LivedJob]:
        """Yield *rows* and count them."""
        for row in rows:
            self.jobs += 1
            if row.tenant != row.lane:
                self.of_tenants[row.tenant] += 1
            yield row

    def rows(self) -> Iterator[tuple[str, int, int]]:
        """Yield the rows of `totals`: that of all jobs, which has no name, and those of tenants."""
        yield "", 0, self.jobs
        for tenant, jobs in self.of_tenants.items():
            yield tenant, 0, jobs


def conversation(number: int) -> Conversation:
    """Return conversation *number*, the same in each log."""
    digest = hashlib.md5(number.to_bytes(8, "big"), usedforsecurity=False).digest()
    own = str(uuid.UUID(bytes=digest))
    in_teams = number % 2 == 0
    lane = lane_key("msteams" if in_teams else "emulator", own)
    group = uuid.uuid5(uuid.NAMESPACE_DNS, str(number // CONVERSATIONS_OF_TENANT)) if in_teams else None
    user = f"User {number}"
    return Conversation(
        lane=lane,
        tenant=lane if group is None else str(group),
        user=user,
        requester_id=digest.hex(),
        reference=REFERENCE.replace(ID, own).replace(NAME, user),
    )


def reference() -> str:
    activity = Activity().deserialize({**MESSAGE, "serviceUrl": SERVICE_URL})
    activity.conversation = ConversationAccount(id=ID)
    activity.from_property.name = NAME
    return stored_reference(activity)


REFERENCE = reference()
