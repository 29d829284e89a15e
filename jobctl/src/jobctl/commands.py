"""The commands. Options of `run` are in run_options.py: it must start without what is imported here."""

import asyncio
import os
import sys
from typing import Annotated, Any

import typer

from jobctl.console import (
    REFUSED,
    UNREACHABLE,
    flushed,
    line_of,
    print_said,
    send_report,
    settings_or_exit,
    text_of,
    with_bot,
)
from jobctl.dead_letters import dead_letters
from jobctl.live import Show, shown
from jobctl.operating import operate
from jobctl.parked import parked
from jobctl.run_options import run_command

app = typer.Typer(
    help="Report on jobs to a proactive bot. JOBCTL_URL is its address; JOBCTL_TOKEN or JOBCTL_SECRET, also"
    " as file:PATH, proves who asks.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Number = Annotated[int, typer.Argument(help="The job's number.", min=1)]
Message = Annotated[str | None, typer.Option("--message", "-m", help="What to tell people.")]
Log = Annotated[
    str | None, typer.Option("--log", help="A file whose end goes into the notice; - is standard input.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object in a line.")]


@app.command()
def start(
    title: Annotated[str | None, typer.Argument(help="What the job is called in chats.")] = None,
    job: Annotated[int | None, typer.Option(help="Report that this job has begun, instead.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own id: the same names the same job.")] = None,
    as_json: Json = False,
) -> None:
    """Create a job and print its number, or report that one has begun.

    Example: JOB=$(jobctl start "nightly report")
    """

    async def act(jobs: Any) -> None:
        from jobctl.client import Report

        if job is not None:
            print_said(await jobs.report(Report.new(job, "started")), as_json, str(job))
            return
        created = await jobs.create(title, external_id=external_id)
        print_said(created, as_json, str(created["jobId"]))

    with_bot(act)


@app.command()
def progress(
    job: Number,
    done: Annotated[float, typer.Argument(help="From 0 to 1.", min=0, max=1)],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Report how far a job is.

    Example: jobctl progress $JOB 0.5 -m "half of the rows"
    """
    send_report(job, "progress", as_json, progress=done, message=message)


@app.command()
def succeed(job: Number, message: Message = None, log: Log = None, as_json: Json = False) -> None:
    """Report that a job has succeeded.

    Example: jobctl succeed $JOB -m "3 files" --log build.log
    """
    send_report(job, "succeeded", as_json, message=message, logTail=text_of(log))


@app.command()
def fail(
    job: Number,
    message: Message = None,
    log: Log = None,
    exit_code: Annotated[int | None, typer.Option(help="What its process returned.")] = None,
    as_json: Json = False,
) -> None:
    """Report that a job has failed.

    Example: make 2>&1 | tail -n 50 | jobctl fail $JOB --log -
    """
    send_report(job, "failed", as_json, message=message, logTail=text_of(log), exitCode=exit_code)


@app.command()
def cancel(
    job: Number,
    reported: Annotated[bool, typer.Option("--reported", help="Report that it was cancelled.")] = False,
    as_json: Json = False,
) -> None:
    """Ask that a job be cancelled, or report that it was."""
    if reported:
        send_report(job, "cancelled", as_json)
        return

    async def act(jobs: Any) -> None:
        print_said(await jobs.cancel(job, os.environ.get("USER") or "an operator"), as_json, "asked")

    with_bot(act)


@app.command()
def show(job: Number, as_json: Json = False) -> None:
    """Show one job."""

    async def act(jobs: Any) -> None:
        found = await jobs.find(job)
        found.pop("etag", None)
        print_said(found, as_json, line_of(found))

    with_bot(act)


@app.command(name="list")
def list_(
    state: Annotated[str | None, typer.Option(help="Such as running,queued.")] = None,
    title: Annotated[str | None, typer.Option(help='A pattern, such as "nightly*".')] = None,
    since: Annotated[str | None, typer.Option(help="Such as 2026-11-26T00:00:00Z.")] = None,
    most: Annotated[int, typer.Option(help="Jobs at most.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""

    async def act(jobs: Any) -> None:
        left = most
        async for job in jobs.list_jobs(state=state, title=title, since=since, limit=min(most, 200)):
            print_said(job, as_json, line_of(job))
            left -= 1
            if not left:
                return

    with_bot(act)


@app.command()
def watch(
    job: Annotated[list[int] | None, typer.Argument(help="Jobs' numbers; all jobs without one.")] = None,
    exit_status: Annotated[
        bool, typer.Option("--exit-status", help="Exit with 1 unless all succeed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show jobs as they change, until people were told of their ends; without numbers all jobs, for ever.

    Example: jobctl watch $JOB --exit-status
    """

    async def act(jobs: Any) -> bool:
        with shown(as_json=as_json) as show:
            if not job:
                async for changed in jobs.changes():
                    show(changed)
            return all(await asyncio.gather(*(_watched(jobs, number, show) for number in job or ())))

    if not with_bot(act) and exit_status:
        raise typer.Exit(REFUSED)


async def _watched(jobs: Any, job: int, show: Show) -> bool:
    """Show *job* until people were told of its end; return whether it succeeded."""
    state = ""
    async for found in jobs.watch(job):
        state = found["state"]
        show(found)
    return state == "succeeded"


@app.command()
def doctor() -> None:
    """Check the address, the clock, the token and the secret, and say what to mend."""
    from jobctl.doctor import examine

    for finding in asyncio.run(examine(settings_or_exit())):
        print(finding)
        if not finding.good:
            raise typer.Exit(REFUSED)


@app.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "allow_interspersed_args": False,
    },
    add_help_option=False,
)
def run(context: typer.Context) -> None:
    """Run a command as a job. Its exit code, its output and its signals stay its own.

    Example: jobctl run --title "nightly report" -- make report
    """
    raise typer.Exit(run_command(context.args))


@app.command()
def flush() -> None:
    """Send the reports that wait because the bot could not be reached. Every other call does this, too."""
    left = asyncio.run(flushed(settings_or_exit()))
    if left:
        print(f"{left} reports wait: the bot cannot be reached", file=sys.stderr)
        raise typer.Exit(UNREACHABLE)


app.add_typer(dead_letters, name="dead-letters")
app.add_typer(parked, name="parked")
app.add_typer(operate, name="operate")
