"""`jobctl parked`: see which conversations cannot be told anything now, and why."""

from typing import Annotated, Any

import typer

from jobctl.console import print_said, with_bot

parked = typer.Typer(
    help="Conversations that cannot be told anything now.", no_args_is_help=True, rich_markup_mode=None
)


@parked.callback()
def group() -> None:
    """See which conversations cannot be told anything now, such as those of people who blocked the bot."""


@parked.command(name="list")
def list_(
    most: Annotated[int, typer.Option(help="Conversations at most.", min=1, max=1_000)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object in a line.")] = False,
) -> None:
    """List them, the longest parked first."""

    async def act(jobs: Any) -> None:
        for conversation in await jobs.parked(limit=most):
            print_said(conversation, as_json, _line(conversation))

    with_bot(act)


def _line(said: dict[str, Any]) -> str:
    probe = f", tried at {said['probeAt'][:19]}" if "probeAt" in said else ""
    place = f"{said['channel']} {said['conversation']}"
    return f"{said['parkedAt'][:19]} {said['waiting']} wait{probe} {place}: {said.get('reason', 'no reason')}"
