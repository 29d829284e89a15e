"""A flood of log lines of one kind is summed up: the first tell what is wrong, the rest only how often."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

#: Lines of one kind that are written within a window.
FIRST = 20

WINDOW = 60.0  #: Seconds.

#: Kinds that are told apart at once; further ones count as one.
KINDS = 256

#: Logger, level, the message before its values are filled in, and the exception's type.
_Kind = tuple[str, int, str, type[BaseException] | None]

_OTHERS: _Kind = ("", logging.NOTSET, "", None)


@dataclass(slots=True)
class _Window:
    ends: float
    lines: int = 0
    last: logging.LogRecord | None = None  #: Of those that were left out.


class FloodFilter(logging.Filter):
    """
    Lets the first lines of each kind pass in a window; says at its end how many more there were.

    Strangers cause log lines: a refused token, a service URL that does not answer. A thousand a second would
    fill the disk and hide what else happens. Memory does not depend on how many there are.
    """

    def __init__(
        self,
        emit: Callable[[logging.LogRecord], object],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        later: "Callable[[float, Callable[[], None]], object] | None" = None,
    ) -> None:
        """Write sums with *emit*; *later* calls a function once, some seconds from now."""
        super().__init__()
        self._emit = emit
        self._monotonic = monotonic
        self._later = later or _in_a_thread
        self._lock = threading.Lock()
        self._windows: dict[_Kind, _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether *record* is to be written."""
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
        """Write the sums of the windows that are over, or at the end of the process *all of them*."""
        with self._lock:
            sums = self._end_windows(float("inf") if all_of_them else self._monotonic())
        for each in sums:
            self._emit(each)

    def _window(self, kind: _Kind, now: float) -> "tuple[_Window, list[_Sum]]":
        """Return the window that a line of *kind* falls into, and the sums of those that are over."""
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
    """Says how many lines like *last* were left out."""

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
