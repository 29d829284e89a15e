"""Compare the expected notices with those that arrived."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.fakes.fake_connector import Received

_ONE = re.compile(r"^Job (\d{16}) is complete", re.MULTILINE)
_SEVERAL = re.compile(r"^\d+ jobs are complete:\n\n((?:- .*\n?)+)", re.MULTILINE)
_ITEM = re.compile(r"^- (\d{16})", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reckoning:
    """What a run came to."""

    completions: int  #: Answered with 200.
    messages: int  #: Notices and digests that the channel took.
    lost: int
    repeated: int  #: Times that a job was told once more.
    out_of_order: int  #: Jobs told before one that was completed earlier in the same conversation.
    slowest_repeat: (
        float  #: The longest time from a message that was repeated to the kill after it, in seconds.
    )
    unexplained: int  #: Repeats without a kill between the first message and the second.

    @property
    def kept(self) -> bool:
        """Whether every notice arrived, in order, and repeated only after kills."""
        return self.lost == self.out_of_order == self.unexplained == 0

    def __str__(self) -> str:
        return (
            f"{self.completions:,} completions, {self.messages:,} messages received, {self.lost} lost, "
            f"{self.repeated} repeated ({self.unexplained} of them not around a kill; a repeated message was "
            f"at most {self.slowest_repeat * 1000:.0f} ms old at the kill), {self.out_of_order} out of order"
        )


def jobs_told(text: str) -> list[int]:
    """Return the numbers of the jobs that *text* tells are complete; it may tell that others began."""
    listed = [number for several in _SEVERAL.findall(text) for number in _ITEM.findall(several)]
    return [int(number) for number in (*_ONE.findall(text), *listed)]


def reconcile(
    completed: Mapping[str, Sequence[int]], arrivals: Iterable[Received], kills: Sequence[float] = ()
) -> Reckoning:
    """
    HeldLane *arrivals*, in their order, against the jobs *completed* in each conversation, in their order.

    *kills* are instants by which a process was gone, ascending, on the clock of the arrivals.
    """
    first_told: dict[int, float] = {}
    order: dict[str, list[int]] = {conversation: [] for conversation in completed}
    messages, repeated, unexplained, slowest = 0, 0, 0, 0.0
    for arrival in arrivals:
        told = jobs_told(arrival.text) if arrival.answer.delivers else []
        messages += bool(told)
        for job in told:
            if job not in first_told:
                order[arrival.conversation_id].append(job)
            else:
                repeated += 1
                after = bisect_left(kills, first_told[job])
                if after < len(kills) and kills[after] <= arrival.at:
                    slowest = max(slowest, kills[after] - first_told[job])
                else:
                    unexplained += 1
            first_told[job] = arrival.at
    return Reckoning(
        completions=sum(map(len, completed.values())),
        messages=messages,
        lost=sum(job not in first_told for jobs in completed.values() for job in jobs),
        repeated=repeated,
        out_of_order=sum(_inversions(order[lane], jobs) for lane, jobs in completed.items()),
        slowest_repeat=slowest,
        unexplained=unexplained,
    )


def _inversions(told: Sequence[int], completed: Sequence[int]) -> int:
    place = {job: index for index, job in enumerate(completed)}
    places = [place[job] for job in told if job in place]
    return sum(later < earlier for earlier, later in pairwise(places))
