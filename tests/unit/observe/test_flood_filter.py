"""An attacker must not be able to fill the log or to hide other events in it."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from observe.flood_filter import FIRST, KINDS, WINDOW, FloodFilter


class Log:
    """A log behind the filter, with a clock and timers that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.written: list[str] = []
        self.timers: list[tuple[float, object]] = []
        self.filter = FloodFilter(self.write, monotonic=lambda: self.now, later=self.later)

    def later(self, seconds, call) -> None:
        self.timers.append((self.now + seconds, call))

    def write(self, record: logging.LogRecord) -> None:
        if self.filter.filter(record):
            self.written.append(f"{record.name}: {record.getMessage()}")

    def say(self, message: str, *args: object, name="web", level=logging.WARNING, error=None) -> None:
        exc_info = (type(error), error, None) if error else None
        self.write(logging.LogRecord(name, level, "web.py", 1, message, args, exc_info))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self.timers if at <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for call in due:
            call()


@pytest.fixture
def log() -> Log:
    return Log()


def test_the_first_lines_are_written_and_the_rest_counted_at_the_end_of_the_window(log):
    for number in range(FIRST + 312):
        log.say("Refused %d", number)
    assert log.written == [f"web: Refused {number}" for number in range(FIRST)]
    log.pass_time(WINDOW)
    assert log.written[FIRST:] == ["web: … and 312 more like it in the last minute; the last: Refused 331"]
    assert log.timers == []
    log.say("Refused %d", 1)
    assert log.written[-1] == "web: Refused 1"


def test_as_many_lines_as_are_let_pass_have_no_sum(log):
    for number in range(FIRST):
        log.say("Refused %d", number)
    log.pass_time(WINDOW)
    assert len(log.written) == FIRST


def test_a_flood_hides_nothing_of_another_kind(log):
    for number in range(1_000):
        log.say("Refused %d", number)
    log.say("Lost %d", 1)
    log.say("Refused %d", 1, name="delivery")
    log.say("Refused %d", 1, level=logging.ERROR)
    log.say("Refused %d", 1, error=ValueError())
    assert len(log.written) == FIRST + 4


def test_kinds_without_end_are_one_kind_and_take_no_memory(log):
    """Some libraries fill the values in before they log."""
    for number in range(KINDS * 10):
        log.say(f"Refused {number}")
    assert len(log.written) == KINDS + FIRST
    log.pass_time(WINDOW)
    assert log.written[-1].startswith(f"web: … and {9 * KINDS - FIRST:,} more like it")
    log.say("Refused %d", 1)
    assert len(log.filter._windows) == 1


def test_what_is_left_is_summed_up_when_the_process_ends(log):
    for number in range(FIRST + 1):
        log.say("Refused %d", number)
    log.filter.sum_up(all_of_them=True)
    assert log.written[-1] == "web: … and 1 more like it in the last minute; the last: Refused 20"
    log.pass_time(WINDOW)
    assert len(log.written) == FIRST + 1


_FLOOD = """
import logging
from observe.log_format import configure_logging
configure_logging("INFO")
for number in range(5000):
    logging.getLogger("web").warning("Refused %s", f"stranger {number}\\nINFO all is well")
"""


def test_the_log_of_the_bot_is_so():
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _FLOOD],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    assert len(lines) == 2 * (FIRST + 1)
    assert lines[-2].endswith(
        "web: … and 4,980 more like it in the last minute; the last: Refused stranger 4999"
    )
    assert lines[-1] == "    INFO all is well"
