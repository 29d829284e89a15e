"""
Charts as SVG, made on the server: they need no script, and a screen reader gets a sentence.

They have no styles of their own: the classes are in board.css, for light and dark.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.overview import WAIT_BOUNDS, Minute

_WIDTH, _HEIGHT = 600, 120

#: Minutes that a chart shows.
MINUTES = 60


class Bar(NamedTuple):
    """A part of a column, in the chart's units; y grows downwards."""

    x: float
    y: float
    width: float
    height: float
    name: str  #: A class.


class Chart(NamedTuple):
    """A chart of the last hour."""

    title: str
    said: str  #: The same as a sentence.
    bars: Sequence[Bar]
    most: str  #: What the upper end stands for.
    width: int = _WIDTH
    height: int = _HEIGHT


def throughput(minutes: Sequence[Minute], now: datetime) -> Chart:
    """Return notices delivered, and attempts that failed, in each minute of the last hour."""
    by_minute = {minute.at: minute for minute in minutes}
    columns = [by_minute.get(at) for at in _last_hour(now)]
    sent = sum(each.sent for each in columns if each)
    failed = sum(each.failed for each in columns if each)
    most = max((each.sent + each.failed for each in columns if each), default=0)
    bars: list[Bar] = []
    for place, each in enumerate(columns):
        if each is not None:
            bars += _stacked(place, [(each.sent, "sent"), (each.failed, "failed")], most)
    said = f"{sent:,} notices were delivered in the last hour, and {failed:,} attempts failed."
    return Chart("Delivered in a minute", said, bars, f"{most:,}")


def latency(minutes: Sequence[Minute], now: datetime) -> Chart:
    """Return the time from report to arrival, for each minute of the last hour: the median and the 95 %."""
    by_minute = {minute.at: minute for minute in minutes}
    columns = [by_minute.get(at) for at in _last_hour(now)]
    bars: list[Bar] = []
    whole = [0] * (len(WAIT_BOUNDS) + 1)
    for place, each in enumerate(columns):
        if each is None or not sum(each.waits):
            continue
        whole = [one + other for one, other in zip(whole, each.waits, strict=True)]
        steps = [_class_of(each.waits, share) + 1 for share in (0.5, 0.95)]
        bars += _stacked(place, [(steps[0], "median"), (steps[1] - steps[0], "slow")], len(whole))
    said = "Nothing was delivered in the last hour."
    if sum(whole):
        said = (
            f"Half of the people were told within {_bound(whole, 0.5)} of the report, 95 % within"
            f" {_bound(whole, 0.95)}."
        )
    return Chart("From report to arrival", said, bars, f"over {_seconds(WAIT_BOUNDS[-1])}")


def _last_hour(now: datetime) -> list[datetime]:
    newest = now.replace(second=0, microsecond=0)
    return [newest - timedelta(minutes=ago) for ago in reversed(range(MINUTES))]


def _stacked(place: int, parts: Sequence[tuple[int, str]], most: int) -> list[Bar]:
    """Return the column of the minute *place*, one part on the other."""
    width = _WIDTH / MINUTES
    bars, top = [], float(_HEIGHT)
    for count, name in parts:
        height = round(_HEIGHT * count / most, 1) if most else 0.0
        if height:
            top -= height
            bars.append(Bar(round(place * width, 1), round(top, 1), round(width - 2, 1), height, name))
    return bars


def _class_of(waits: Sequence[int], share: float) -> int:
    """Return the class in which the *share* of all is reached."""
    wanted, so_far = share * sum(waits), 0
    for place, count in enumerate(waits):
        so_far += count
        if so_far >= wanted:
            return place
    return len(waits) - 1


def _bound(waits: Sequence[int], share: float) -> str:
    place = _class_of(waits, share)
    if place == len(WAIT_BOUNDS):
        return f"more than {_seconds(WAIT_BOUNDS[-1])}"
    return _seconds(WAIT_BOUNDS[place])


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3_600 else f"{seconds / 3_600:g} h"
