"""Rules between durations, in seconds."""

from typing import Protocol


class Timing(Protocol):
    """The settings that are compared."""

    @property
    def connect_timeout(self) -> float: ...
    @property
    def send_timeout(self) -> float: ...
    @property
    def lease(self) -> float: ...
    @property
    def retry_base(self) -> float: ...
    @property
    def retry_cap(self) -> float: ...


def timing_faults(timing: Timing) -> list[str]:
    """Return one line for each rule that does not hold."""
    faults = []
    if not timing.connect_timeout < timing.send_timeout < timing.lease:
        faults.append(
            "the deadlines must nest: CONNECT_TIMEOUT_SECONDS < SEND_TIMEOUT_SECONDS < LEASE_SECONDS"
        )
    if timing.retry_base > timing.retry_cap:
        faults.append("RETRY_BASE_SECONDS must be at most RETRY_CAP_SECONDS")
    return faults
