"""A reference model of the job log and outbox in dictionaries; every store must behave like it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.job import JobId, NoticeStatus
from jobs.lane import LaneKey
from jobs.notice import Claim
from tests.contract.databases import LEASE


@dataclass
class Lane:
    """One conversation."""

    owed: list[JobId] = field(default_factory=list)  #: In the order in which they are told.
    due_at: datetime | None = None
    token: str | None = None
    attempts: int = 0
    parked: bool = False
    not_before: datetime | None = None

    def earliest(self, now: datetime) -> datetime:
        """Return when something may be sent here that waits for nothing else."""
        return max(now, self.not_before or now)


class Model:
    """Each method says what becomes of the same question to a store; *now* is the store's clock."""

    def __init__(self) -> None:
        self.home: dict[JobId, LaneKey] = {}
        self.notices: dict[JobId, NoticeStatus | None] = {}
        self.lanes: dict[LaneKey, Lane] = {}

    def start(self, lane: LaneKey, job_id: JobId) -> None:
        assert job_id > max(self.home, default=0), "numbers rise"
        self.home[job_id] = lane
        self.notices[job_id] = None
        self.lanes.setdefault(lane, Lane())

    def owe(self, job_id: JobId, now: datetime, token: str | None = None) -> bool:
        """Complete or requeue; return whether the lane is now held by *token*."""
        lane = self.lanes[self.home[job_id]]
        self.notices[job_id] = NoticeStatus.QUEUED
        lane.owed.append(job_id)
        if len(lane.owed) > 1 or lane.parked:
            return False
        if lane.earliest(now) > now:
            token = None
        lane.token, lane.due_at = token, now + LEASE if token else lane.earliest(now)
        return token is not None

    def claim(self, claims: Sequence[Claim], limit: int, now: datetime) -> None:
        """Check which lanes were claimed, and note it."""
        due = {
            key: lane.due_at
            for key, lane in self.lanes.items()
            if lane.due_at and lane.due_at <= now and lane.earliest(now) <= now
        }
        claimed = [due.pop(claim.lane) for claim in claims]
        assert len(claims) == min(limit, len(due) + len(claims)), "as many as asked for, if they are due"
        assert claimed == sorted(claimed) and all(at >= claimed[-1] for at in due.values() if claimed)
        for claim in claims:
            lane = self.lanes[claim.lane]
            lane.attempts += lane.token is not None
            lane.token, lane.due_at = claim.token, now + LEASE
            self.check(claim)

    def check(self, claim: Claim) -> None:
        """Check what a claim that holds says."""
        lane = self.lanes[claim.lane]
        assert lane.token == claim.token
        assert claim.leased_until == lane.due_at
        assert [notice.job_id for notice in claim.notices] == lane.owed
        assert claim.attempts == lane.attempts

    def holds(self, claim: Claim) -> bool:
        return self.lanes[claim.lane].token == claim.token

    def renew(self, claim: Claim, now: datetime) -> bool:
        """Return whether the lane is still held."""
        held = self.holds(claim)
        if held:
            self.lanes[claim.lane].due_at = now + LEASE
        return held

    def settle(self, claim: Claim, count: int, fate: NoticeStatus, now: datetime) -> bool:
        """Settle the first *count* notices as sent or failed; return whether more follow."""
        lane = self.lanes[claim.lane]
        for job_id in lane.owed[:count]:
            self.notices[job_id] = fate
        lane.owed, lane.attempts = lane.owed[count:], 0
        if not lane.owed:
            lane.due_at = lane.token = None
        elif lane.earliest(now) > now:
            lane.due_at, lane.token = lane.not_before, None
        else:
            lane.due_at = now + LEASE
        return lane.token is not None

    def give_back(self, key: LaneKey, due_at: datetime | None, *, failed: bool = False) -> None:
        """Free the lane: a retry, a release, or with *due_at* None parked."""
        lane = self.lanes[key]
        lane.parked = due_at is None
        lane.token, lane.due_at = None, due_at and lane.earliest(due_at)
        lane.attempts += failed

    def defer(self, key: LaneKey, until: datetime | None, now: datetime) -> None:
        """Send nothing there before *until*."""
        lane = self.lanes[key]
        was, lane.not_before = lane.not_before, until
        if lane.due_at and not lane.token:
            due_at = now if lane.due_at == was else lane.due_at
            lane.due_at = max(due_at, lane.earliest(now))

    def hear(self, key: LaneKey, now: datetime) -> bool:
        """A person speaks; return whether that opens the lane."""
        lane = self.lanes.get(key, Lane())
        if not lane.parked:
            return False
        lane.parked, lane.attempts, lane.due_at = False, 0, lane.earliest(now) if lane.owed else None
        return True

    def status(self, job_id: JobId) -> NoticeStatus | None:
        """The reported state of a job's notice."""
        status, lane = self.notices[job_id], self.lanes[self.home[job_id]]
        assert lane.owed.count(job_id) == (status is NoticeStatus.QUEUED), "owed once, or not any more"
        return NoticeStatus.PARKED if status is NoticeStatus.QUEUED and lane.parked else status
