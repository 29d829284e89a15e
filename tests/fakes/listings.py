"""The jobs in a list that the bot wrote: by their last digits."""

import re
from collections.abc import Iterable

_LINE = re.compile(r"^- (\d+)", re.MULTILINE)


def short_numbers_in(listing: str) -> list[str]:
    """Return the last digits that stand at the beginnings of the lines."""
    return _LINE.findall(listing)


def numbers_in(listing: str, jobs: Iterable[str]) -> list[str]:
    """Return which of *jobs*, by their whole numbers, the lines name; each must name one."""
    known = list(jobs)
    found = []
    for digits in short_numbers_in(listing):
        [meant] = [number for number in known if number.endswith(digits)]
        found.append(meant)
    return found
