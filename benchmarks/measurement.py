"""The figures of one block of turns, and medians of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil
from statistics import median


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    cpu: float  #: Microseconds of the server's CPU time for a turn.
    rate: float  #: Turns a second.
    p50: float  #: Milliseconds, as p95 and p99.
    p95: float
    p99: float


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of the *ordered* values that at least *percent* % do not exceed (nearest rank)."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]


def measurement(latencies: Sequence[int], *, cpu: float, elapsed: float) -> Measurement:
    """Sum up turns that took *latencies* (nanoseconds), with *cpu* and *elapsed* seconds for all of them."""
    ordered = sorted(latencies)
    return Measurement(
        cpu=cpu / len(ordered) * 1e6,
        rate=len(ordered) / elapsed,
        p50=percentile(ordered, 50) / 1e6,
        p95=percentile(ordered, 95) / 1e6,
        p99=percentile(ordered, 99) / 1e6,
    )


def cpu_ratio(rounds: Sequence[Measurement], others: Sequence[Measurement]) -> float:
    """Return the median of the CPU ratios round by round: neighbours in time met the same machine."""
    return median(one.cpu / other.cpu for one, other in zip(rounds, others, strict=True))


def middle(rounds: Sequence[Measurement]) -> Measurement:
    """Return the median of each figure; one noisy round does not move it."""
    return Measurement(
        **{figure.name: median(getattr(m, figure.name) for m in rounds) for figure in fields(Measurement)}
    )
