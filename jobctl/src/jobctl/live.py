"""What `jobctl watch` shows: a bar for each job on a terminal, else a line for each change."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jobctl.console import line_of, print_said

Show = Callable[[dict[str, Any]], None]

_STYLES = {"succeeded": "green", "failed": "red", "cancelled": "yellow"}


@contextmanager
def shown(*, as_json: bool) -> Iterator[Show]:
    """Yield a function that shows a job as it is now."""
    if as_json or not sys.stdout.isatty():
        yield lambda job: print_said(job, as_json, line_of(job))
        return
    with _bars() as show:
        yield show


@contextmanager
def _bars() -> Iterator[Show]:
    """Yield a function that shows jobs as bars, each in its place."""
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    bars: dict[int, TaskID] = {}
    with Progress(*columns, TimeElapsedColumn()) as progress:

        def show(job: dict[str, Any]) -> None:
            number, state = job["jobId"], job["state"]
            done = 1.0 if state == "succeeded" else job.get("report", {}).get("progress")
            if number not in bars:
                title = escape(job.get("title") or str(number))
                bars[number] = progress.add_task(title, total=None, said="")
            bar, style = bars[number], _STYLES.get(state)
            said = escape(_said(job))
            progress.update(
                bar,
                total=1.0 if done is not None or style else None,  # Without a total the bar pulses.
                completed=done or 0.0,
                said=f"[{style}]{said}[/]" if style else said,
            )
            if style:
                progress.stop_task(bar)

        yield show


def _said(job: Mapping[str, Any]) -> str:
    """Return the state of a job, how far it is, and what it last said."""
    report = job.get("report", {})
    parts = [job["state"]]
    if "progress" in report and job["state"] == "running":
        parts.append(f"{report['progress']:.0%}")
    parts += [f"notice {notice['state']}" for notice in job.get("notices", ())]
    if report.get("message"):
        parts.append(report["message"])
    return ", ".join(parts)
