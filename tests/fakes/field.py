"""
Situations from public reports, in `tests/fixtures/field`: what was sent, and how the connector answered.

Each file has `send`, the activities in order; `expect`, what a person expects in words; perhaps `connector`;
and `source` and `got`, where it was reported and what happened then. In the activities `{new}` is a fresh id,
`{job}` the number of the job that was started last, `{serviceUrl}` the connector's.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.fakes.fake_connector import Answer

_FOLDER = Path(__file__).parents[1] / "fixtures" / "field"

SITUATIONS: dict[str, Any] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))
}

_REFUSALS = re.compile(r"answers (\d+)(?: ([A-Za-z]+))?(?: to the first (?:(two) )?POSTs?, then 200)?")
_STARTED = re.compile(r"starting job (\d+)")
_REPEATED = re.compile(r"(.) \* (\d+): .*")  # "x * 5: …" stands for "xxxxx".
_ids = count(1)


def refusals(connector: str | None) -> Iterator[Answer]:
    """Yield the answers before the connector accepts, as a file words them; 100 if it never accepts."""
    if connector is None:
        return
    match = _REFUSALS.fullmatch(connector)
    assert match, f"Not understood: {connector}"
    status, code, two = match.groups()
    first = (2 if two else 1) if "first" in connector else 100
    for _ in range(first):
        yield Answer.error(int(status), code or "Refused")


def filled_in(activity: dict[str, Any], *, service_url: str, said: str) -> dict[str, Any]:
    """Return *activity* with its placeholders filled in; *said* is all that the bot has said so far."""
    numbers = _STARTED.findall(said)
    values = {
        "{new}": f"new-{next(_ids)}",
        "{serviceUrl}": service_url,
        "{job}": numbers[-1] if numbers else "{job}",
    }
    return {name: _replaced(value, values) for name, value in activity.items()}


def _replaced(value: Any, values: dict[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    for placeholder, text in values.items():
        value = value.replace(placeholder, text)
    if repeated := _REPEATED.fullmatch(value):
        return repeated[1] * int(repeated[2])
    return value
