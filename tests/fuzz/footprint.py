"""
What one request costs the process: time of the event loop's thread, and memory.

Linux keeps both for any process. Time on the processor is an upper bound of the longest stall, and unlike the
clock it does not depend on what else the machine does.
"""

import sys
from pathlib import Path
from typing import NamedTuple

#: Whether the figures can be had here.
AVAILABLE = sys.platform == "linux" and Path("/proc/self/schedstat").exists()

_PEAK, _NOW = "VmHWM", "VmRSS"


class Cost(NamedTuple):
    """What a request took."""

    loop_seconds: float  #: Of the thread that the event loop runs in.
    bytes_above_idle: int  #: At its peak.


class Footprint:
    """The process *pid*; `idle` is its memory when this was made."""

    def __init__(self, pid: int) -> None:
        self._proc = Path("/proc", str(pid))
        self._idle = self._memory(_NOW)
        self._began = 0

    def begin(self) -> None:
        """Reset the peak of memory use."""
        (self._proc / "clear_refs").write_text("5")
        self._began = self._nanoseconds()

    def cost(self) -> Cost:
        """Return what was used since `begin`."""
        return Cost((self._nanoseconds() - self._began) / 1e9, self._memory(_PEAK) - self._idle)

    def _nanoseconds(self) -> int:
        # The event loop runs in the main thread, whose id is the process's.
        return int((self._proc / "task" / self._proc.name / "schedstat").read_text().split()[0])

    def _memory(self, name: str) -> int:
        for line in (self._proc / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the process has ended")
