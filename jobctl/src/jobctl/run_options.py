"""The options of `jobctl run`. By argparse: importing typer takes four times as long as creating the job."""

import argparse
from collections.abc import Sequence

from jobctl.run import Options, die_like, run
from jobctl.settings import SettingsError, load_settings
from jobctl.warning import warn

_USAGE = 2


def run_command(arguments: Sequence[str]) -> int:
    """Run the command in *arguments*; return the code to exit with, or die by the command's signal."""
    parser = _parser()
    given = parser.parse_args(arguments)
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        parser.error("a command is needed, after --")
    options = Options(
        title=given.title,
        job=given.job,
        timeout=given.timeout,
        kill_after=given.kill_after,
        heartbeat=given.heartbeat,
        output=not given.no_output,
        until_told=given.until_told,
    )
    try:
        settings = load_settings()
    except SettingsError as error:
        warn(str(error))
        return _USAGE
    return die_like(run(command, options, settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jobctl run",
        description="Run a command as a job. Its exit code, its output and its signals stay its own.",
        epilog='Example: jobctl run --title "nightly report" -- make report',
        allow_abbrev=False,
    )
    parser.add_argument("--title", help="by default the command")
    parser.add_argument("--job", type=int, help="a job that there is already; by default a new one")
    parser.add_argument("--timeout", type=_seconds, help="seconds; then TERM, and KILL; exit code 124")
    parser.add_argument("--kill-after", type=_seconds, default=10.0, help="seconds from TERM to KILL")
    parser.add_argument("--heartbeat", type=_seconds, default=30.0, help="seconds between signs of life")
    parser.add_argument("--no-output", action="store_true", help="keep its output out of the notice")
    parser.add_argument("--until-told", action="store_true", help="wait until people were told")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments, after --")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return seconds
