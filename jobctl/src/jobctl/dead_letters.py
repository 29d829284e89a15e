"""`jobctl dead-letters`: see what was given up on, and requeue or purge it."""

import asyncio
from typing import Annotated, Any

import typer

from jobctl.console import REFUSED, print_said, with_bot
from jobctl.warning import warn

dead_letters = typer.Typer(help="What was given up on.", no_args_is_help=True, rich_markup_mode=None)

Reason = Annotated[str | None, typer.Option(help="A part of the reason.")]
Kind = Annotated[str | None, typer.Option(help="Such as succeeded, or job.created.")]
Job = Annotated[int | None, typer.Option(help="Of this job.", min=1)]
System = Annotated[str | None, typer.Option("--system", help="Events for this job system.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this they are only counted.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object in a line.")]

_PACE = 1.0  # Seconds between two requests that change some.


@dead_letters.command(name="list")
def list_(
    reason: Reason = None,
    kind: Kind = None,
    job: Job = None,
    system: System = None,
    most: Annotated[int, typer.Option(help="Dead letters at most.", min=1, max=1_000)] = 100,
    as_json: Json = False,
) -> None:
    """List dead letters, the oldest first."""

    async def act(jobs: Any) -> None:
        asked = _filters(reason, kind, job, system)
        for letter in await jobs.dead_letters(limit=most, **asked):
            print_said(letter, as_json, _line(letter))

    with_bot(act)


@dead_letters.command()
def show(
    job: Annotated[int, typer.Argument(help="The job's number.", min=1)],
    as_json: Json = False,
) -> None:
    """Show all that is known of a job's dead letters.

    Example: jobctl dead-letters show $JOB
    """

    async def act(jobs: Any) -> int:
        found = await jobs.dead_letters(jobId=job)
        for letter in found:
            print_said(
                letter, as_json, "\n".join(f"{name}: {value}" for name, value in letter.items()) + "\n"
            )
        return len(found)

    if not with_bot(act):
        warn(f"job {job} has no dead letters")
        raise typer.Exit(REFUSED)


@dead_letters.command()
def requeue(
    reason: Reason = None,
    kind: Kind = None,
    job: Job = None,
    system: System = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put dead letters back at the ends of their lanes.

    Example: jobctl dead-letters requeue --reason 403 --yes
    """
    _change("requeue", _filters(reason, kind, job, system), yes, as_json)


@dead_letters.command()
def purge(
    reason: Reason = None,
    kind: Kind = None,
    job: Job = None,
    system: System = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete dead letters for ever."""
    _change("purge", _filters(reason, kind, job, system), yes, as_json)


def _filters(reason: str | None, kind: str | None, job: int | None, system: str | None) -> dict[str, Any]:
    return {"reason": reason, "kind": kind, "jobId": job, "jobSystem": system}


def _change(act: str, filters: dict[str, Any], yes: bool, as_json: bool) -> None:
    """Count what fits, or change it a few at a time, so that the bot goes on with all else."""

    async def change(jobs: Any) -> int:
        total = 0
        while True:
            done = await jobs.change_dead_letters(act, dry_run=not yes, **filters)
            total += done["changed"]
            print_said(done, as_json, _summary(act, done, total, yes))
            if not done["more"]:
                return int(done["matched"])
            await asyncio.sleep(_PACE)

    if not with_bot(change):
        raise typer.Exit(REFUSED)


def _summary(act: str, done: dict[str, Any], total: int, yes: bool) -> str:
    if yes:
        return f"{total} done, {done['matched'] - done['changed']} left"
    lines = [f"{count:7} {reason}" for reason, count in done["byReason"].items()]
    return "\n".join([f"{done['matched']} fit; add --yes to {act} them", *lines])


def _line(letter: dict[str, Any]) -> str:
    status = f" {letter['status']}" if "status" in letter else ""
    return f"{letter['deadAt'][:19]} {letter['jobId']} {letter['kind']}{status} {letter['reason']}"
