"""What the commands have in common: settings, the client, exit codes, and what is printed."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import typer

from jobctl.settings import Settings, SettingsError, load_settings
from jobctl.warning import warn

T = TypeVar("T")

REFUSED, USAGE, UNREACHABLE = 1, 2, 75


def settings_or_exit() -> Settings:
    """Return the settings; end with a word about what is wrong with them."""
    try:
        return load_settings()
    except SettingsError as error:
        warn(str(error))
        raise typer.Exit(USAGE) from error


def with_bot(act: Callable[[Any], Awaitable[T]]) -> T:
    """Return what *act* returns, with a client; end with the exit code that says why it could not."""
    from jobctl.client import JobSystem, Refused, Unreachable

    settings = settings_or_exit()

    async def work() -> T:
        await flushed(settings)
        async with JobSystem(settings) as jobs:
            return await act(jobs)

    return _ending(work(), Refused, Unreachable)


def _ending(work: Coroutine[Any, Any, T], refused: type[Exception], unreachable: type[Exception]) -> T:
    try:
        return asyncio.run(work)
    except SettingsError as error:
        code, said = USAGE, str(error)
    except refused as error:
        code, said = REFUSED, str(error)
    except unreachable as error:
        code, said = UNREACHABLE, str(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    warn(said)
    raise typer.Exit(code)


async def flushed(settings: Settings) -> int:
    """Send what waits; return how many reports still do."""
    from jobctl.sending import flush as flush_spool
    from jobctl.spool import Spool

    return await flush_spool(Spool.of_user(), settings)


def send_report(job: int, kind: str, as_json: bool, **content: Any) -> None:
    """Report; what the bot cannot take now waits in the spool, with the same id."""
    from jobctl.client import Refused, Report, Unreachable
    from jobctl.spool import Spool, Spooled

    settings = settings_or_exit()
    report = Report.new(job, kind, **content)

    async def work() -> dict[str, Any]:
        from jobctl.client import JobSystem

        await flushed(settings)
        async with JobSystem(settings) as jobs:
            try:
                return await jobs.report(report)
            except Unreachable:
                Spool.of_user().add(
                    Spooled(
                        url=settings.url,
                        kind=kind,
                        content=report.content,
                        id=report.id,
                        job=job,
                        trace=settings.trace,
                    )
                )
                raise

    receipt = _ending(work(), Refused, Unreachable)
    print_said(receipt, as_json, receipt["state"])


def text_of(log: str | None) -> str | None:
    """Return what is in the file *log*, or on standard input for ``-``."""
    if log is None:
        return None
    try:
        return sys.stdin.read() if log == "-" else Path(log).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        warn(f"{log}: {error.strerror}")
        raise typer.Exit(USAGE) from error


def print_said(said: dict[str, Any], as_json: bool, text: str) -> None:
    """Print *said* as JSON in a line, or *text*."""
    print(json.dumps(said, ensure_ascii=False) if as_json else text, flush=True)


def line_of(job: dict[str, Any]) -> str:
    """Return a job in one line."""
    title, report = job.get("title"), job.get("report", {})
    done = f" {report['progress']:.0%}" if "progress" in report and job["state"] == "running" else ""
    told = "".join(f", notice {notice['state']}" for notice in job.get("notices", ()))
    said = f": {report['message']}" if report.get("message") else ""
    return f"{job['jobId']} {job['state']}{done}{told}{f' {title}' if title else ''}{said}"
