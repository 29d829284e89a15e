"""Limits floods of log lines: the first lines of a kind are written, the rest are counted in a summary."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

#: Lines of one kind that are written within a window.
FIRST = 20

WINDOW = 60.0  #: Seconds.

#: Kinds counted separately at the same time; all further kinds count as one.
KINDS = 256

#: Logger, level, the message before its values are filled in, and the exception's type.
_Kind = tuple[str, int, str, type[BaseException] | None]

_OTHERS: _Kind = ("", logging.NOTSET, "", None)


@dataclass(slots=True)
class _Window:
    ends: float
    lines: int = 0
    last: logging.LogRecord | None = None  #: The last suppressed record.


class FloodFilter(logging.Filter):
    """
    Passes the first lines of each kind in a window; at its end, writes how many were suppressed.

    Unauthenticated callers can cause log lines: a refused token, a service URL that does not answer. A
    thousand lines a second would fill the disk and hide other events. Memory use is constant.
    """

    def __init__(
        self,
        emit: Callable[[logging.LogRecord], object],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        later: "Callable[[float, Callable[[], None]], object] | None" = None,
    ) -> None:
        """Write summaries with *emit*; *later* calls a function once after a number of seconds."""
        super().__init__()
        self._emit = emit
        self._monotonic = monotonic
        self._later = later or _in_a_thread
        self._lock = threading.Lock()
        self._windows: dict[_Kind, _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write *record*."""
        if isinstance(record, _Sum):
            return True
        kind = (record.name, record.levelno, str(record.msg), record.exc_info[0] if record.exc_info else None)
        with self._lock:
            now = self._monotonic()
            window, sums = self._window(kind, now)
            window.lines += 1
            passes = window.lines <= FIRST
            if not passes:
                if window.last is None:
                    self._later(window.ends - now, self.sum_up)
                window.last = record
        for each in sums:
            self._emit(each)
        return passes

    def sum_up(self, *, all_of_them: bool = False) -> None:
        """Write the summaries of windows that have ended, or of all windows at the end of the process."""
        with self._lock:
            sums = self._end_windows(float("inf") if all_of_them else self._monotonic())
        for each in sums:
            self._emit(each)

    def _window(self, kind: _Kind, now: float) -> "tuple[_Window, list[_Sum]]":
        """Return the window for a line of *kind*, and the summaries of windows that have ended."""
        sums = []
        window = self._windows.get(kind)
        if window is None or window.ends <= now:
            sums = self._end_windows(now)
            kind = kind if len(self._windows) < KINDS else _OTHERS
            window = self._windows.setdefault(kind, _Window(now + WINDOW))
        return window, sums

    def _end_windows(self, now: float) -> "list[_Sum]":
        over = [kind for kind, window in self._windows.items() if window.ends <= now]
        windows = [self._windows.pop(kind) for kind in over]
        return [_Sum(each.last, each.lines - FIRST) for each in windows if each.last is not None]


class _Sum(logging.LogRecord):
    """A summary: how many lines like *last* were suppressed."""

    def __init__(self, last: logging.LogRecord, count: int) -> None:
        super().__init__(
            last.name,
            last.levelno,
            last.pathname,
            last.lineno,
            "… and %s more like it in the last minute; the last: %s",
            (f"{count:,}", last.getMessage()),
            None,
        )


def _in_a_thread(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(max(0.0, seconds), call)
    timer.daemon = True
    timer.name = "sum up the log"
    timer.start()
