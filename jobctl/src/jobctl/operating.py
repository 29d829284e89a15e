"""`jobctl operate`: what the board shows and does, with an operator's secret as JOBCTL_TOKEN."""

import asyncio
from typing import Annotated, Any

import typer

from jobctl.console import REFUSED, print_said, with_bot
from jobctl.warning import warn

operate = typer.Typer(
    help="See how the bot stands, and act. JOBCTL_TOKEN is a secret of OPERATOR_SECRETS or VIEWER_SECRETS.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Number = Annotated[int, typer.Argument(help="The job's number.", min=1)]
Run = Annotated[int, typer.Argument(help="The number of the run.", min=1)]
Most = Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object in a line.")]

_POLL = 1.0  # Seconds between two looks at a run.


@operate.command()
def why(job: Number, as_json: Json = False) -> None:
    """Say why people were not told of a job yet, when that is next tried, and what happened.

    Example: jobctl operate why $JOB
    """

    async def act(jobs: Any) -> None:
        said = await jobs.operate("GET", f"jobs/{job}")
        steps = [f"{_at(step.get('at'))}  {step['said']}" for step in said["steps"]]
        print_said(said, as_json, "\n".join([said["answer"], "", *steps]))

    with_bot(act)


@operate.command(name="jobs")
def jobs_(
    search: Annotated[
        str, typer.Argument(help="Such as: state:failed told:no asker:ann since:2h title:nightly*")
    ] = "",
    most: Most = 50,
    as_json: Json = False,
) -> None:
    """Find jobs by the board's search, the newest first.

    Example: jobctl operate jobs "state:failed told:no"
    """

    async def act(jobs: Any) -> None:
        left, before = most, None
        while left:
            query = {"q": search, "before": before, "limit": min(left, 200)}
            said = await jobs.operate("GET", "jobs", **query)
            for job in said["jobs"]:
                told = f" {job['told']}" if job["told"] else ""
                title = f" {job['title']}" if "title" in job else ""
                print_said(job, as_json, f"{job['jobId']} {job['state']}{told}{title}")
            left -= len(said["jobs"])
            before = said.get("before")
            if before is None:
                return

    with_bot(act)


@operate.command()
def waiting(most: Most = 100, as_json: Json = False) -> None:
    """List queues in which notices wait, what is due first at first."""
    _list("queues", "queues", most, as_json, _queue)


@operate.command()
def muted(most: Most = 100, as_json: Json = False) -> None:
    """List conversations that asked to hear nothing for a while."""
    _list("muted", "conversations", most, as_json, _muted)


@operate.command()
def webhooks(as_json: Json = False) -> None:
    """List the job systems that get events, and what waits for each."""
    _list("webhooks", "systems", None, as_json, _system)


@operate.command()
def audit(most: Most = 100, as_json: Json = False) -> None:
    """List what operators did, the newest first."""
    _list("audit", "entries", most, as_json, _entry)


@operate.command()
def runs(most: Most = 20, as_json: Json = False) -> None:
    """List acts over many dead letters, the newest first."""
    _list("runs", "runs", most, as_json, _run)


@operate.command(name="try")
def try_(
    queue: Annotated[str, typer.Argument(help="Its key, as `waiting --json` prints it.")],
    as_json: Json = False,
) -> None:
    """Try a queue now that waits for another attempt or a probe."""
    _change("queues/try", as_json, "tried now", queue=queue)


@operate.command()
def cancel(job: Number, as_json: Json = False) -> None:
    """Ask the job system to cancel a job."""
    _change(f"jobs/{job}/cancel", as_json, "asked")


@operate.command()
def redeliver(
    reason: Annotated[str | None, typer.Option(help="A part of the reason.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as succeeded, or job.created.")] = None,
    system: Annotated[str | None, typer.Option("--system", help="Events for this job system.")] = None,
    purge: Annotated[bool, typer.Option("--purge", help="Delete them instead.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this they are only counted.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show how far it is, until it is done.")] = False,
    as_json: Json = False,
) -> None:
    """Requeue all dead letters that fit, at a pace. The bot goes on with it, also after a restart.

    Example: jobctl operate redeliver --reason 403 --yes --wait
    """
    act = "purge" if purge else "requeue"
    filters = {"reason": reason, "kind": kind, "jobSystem": system}

    async def work(jobs: Any) -> bool:
        if not yes:
            counted = await jobs.change_dead_letters(act, dry_run=True, **filters)
            reasons = [f"{count:7} {reason}" for reason, count in counted["byReason"].items()]
            said = [f"{counted['matched']} fit; add --yes to {act} them", *reasons]
            print_said(counted, as_json, "\n".join(said))
            return bool(counted["matched"])
        run = await jobs.operate("POST", "runs", act=act, **filters)
        print_said(run, as_json, _run(run))
        while wait and run["state"] == "running":
            await asyncio.sleep(_POLL)
            found = (await jobs.operate("GET", "runs", limit=100))["runs"]
            run = next((each for each in found if each["run"] == run["run"]), run)
            print_said(run, as_json, _run(run))
        return True

    if not with_bot(work):
        raise typer.Exit(REFUSED)


@operate.command()
def stop(run: Run, as_json: Json = False) -> None:
    """Stop an act over many dead letters."""
    _change(f"runs/{run}/stop", as_json, "stopped")


@operate.command(name="continue")
def continue_(run: Run, as_json: Json = False) -> None:
    """Let a stopped act go on."""
    _change(f"runs/{run}/continue", as_json, "goes on")


def _list(path: str, name: str, most: int | None, as_json: bool, line: Any) -> None:
    async def act(jobs: Any) -> None:
        for each in (await jobs.operate("GET", path, limit=most))[name]:
            print_said(each, as_json, line(each))

    with_bot(act)


def _change(path: str, as_json: bool, done: str, **body: Any) -> None:
    async def act(jobs: Any) -> bool:
        said = await jobs.operate("POST", path, **body)
        if said["changed"]:
            print_said(said, as_json, done)
        return bool(said["changed"])

    if not with_bot(act):
        warn("there was nothing to change")
        raise typer.Exit(REFUSED)


def _at(instant: str | None) -> str:
    return "-" * 19 if instant is None else instant[:19]


def _queue(said: dict[str, Any]) -> str:
    to = said.get("jobSystem") or f"{said['channel']} {said['conversation']}"
    reason = f": {said['reason']}" if "reason" in said else ""
    parked = ", parked" if "parkedAt" in said else ""
    return f"{_at(said['dueAt'])} {said['waiting']} wait{parked} {to}{reason}"


def _muted(said: dict[str, Any]) -> str:
    return f"{_at(said['until'])} {said['waiting']} wait {said['channel']} {said['conversation']}"


def _system(said: dict[str, Any]) -> str:
    reason = f": {said['reason']}" if "reason" in said else ""
    return f"{said['name']} {said.get('host', '')} {said['waiting']} wait{reason}"


def _entry(said: dict[str, Any]) -> str:
    return f"{_at(said['at'])} {said['who']} ({said['way']}) {said['act']} {said['changed']} {said['target']}"


def _run(said: dict[str, Any]) -> str:
    which = said["which"] or "all"
    done = f"{said['changed']} changed of {said['lookedAt']} looked at"
    return f"run {said['run']} {said['act']} {which}: {said['state']}, {done}"
