"""
``python -m operate``: what an operator does on the host, also while the bot is down.

It reads the same settings as the bot, so it finds the same job log.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from compose.delivery import kept
from config import ConfigError, load_config
from jobs.job import JobId
from jobs.redelivery import LetterAct, LetterFilter
from operate import dead_letters, retention
from operate.outcome import DONE, REFUSED, USAGE, Refusal
from operate.postgres_tools import dump_command, restore_command
from operate.schema_check import revision_faults
from state.errors import StoreUnavailable, StoreUnusable
from state.store.database_url import DatabaseUrl, PostgresUrl, SqliteUrl, parse_database_url
from state.store.sqlite import copies


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        config = load_config()
        asked.url, asked.kept = config.database_url.get_secret_value(), kept(config)
        return int(asked.command(parse_database_url(asked.url), asked))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except (Refusal, StoreUnusable, StoreUnavailable) as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operate", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    copy = commands.add_parser("backup", help="copy the job log while the bot runs")
    copy.add_argument("file", type=Path, help="the new file")
    copy.set_defaults(command=_backup)
    restore = commands.add_parser("restore", help="put a copy in the place of the job log")
    restore.add_argument("file", type=Path, help="a file that backup wrote")
    restore.set_defaults(command=_restore)
    check = commands.add_parser("check", help="look for damage, and whether this version can use the job log")
    check.set_defaults(command=_check)
    retention = commands.add_parser(
        "retention",
        help="delete what is old, as JOB_RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say;"
        " without --yes it is counted",
    )
    retention.add_argument("--yes", action="store_true", help="do it")
    retention.set_defaults(command=_retain)
    letters = commands.add_parser("dead-letters", help="list what was given up on")
    letters.add_argument("--most", type=int, default=100, help="lines at most (100)")
    letters.set_defaults(command=_list)
    for act in LetterAct:
        change = commands.add_parser(
            act.value, help=f"{act.value} dead letters; without --yes they are counted"
        )
        change.add_argument("--yes", action="store_true", help="do it")
        change.set_defaults(command=_change, act=act)
        _add_filter(change)
    _add_filter(letters)
    return parser


def _add_filter(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", help="a part of the reason")
    command.add_argument("--kind", help="such as succeeded, or job.created")
    command.add_argument("--job", type=int, help="the number of one job")
    command.add_argument("--system", help="events for this job system")


def _filter(asked: argparse.Namespace) -> LetterFilter:
    return LetterFilter(
        asked.reason, asked.kind, None if asked.job is None else JobId(asked.job), asked.system
    )


def _list(_database: DatabaseUrl, asked: argparse.Namespace) -> int:
    print(*dead_letters.listed(asked.url, _filter(asked), most=asked.most), sep="\n")
    return DONE


def _change(_database: DatabaseUrl, asked: argparse.Namespace) -> int:
    if asked.yes:
        print(f"{dead_letters.changed(asked.url, asked.act, _filter(asked))} done")
    else:
        first, *reasons = dead_letters.counted(asked.url, _filter(asked))
        print(f"{first}; add --yes to {asked.act.value} them", *reasons, sep="\n")
    return DONE


def _retain(_database: DatabaseUrl, asked: argparse.Namespace) -> int:
    if asked.yes:
        print("{} jobs and {} dead letters deleted".format(*retention.swept(asked.url, asked.kept)))
    else:
        counts = retention.counted(asked.url, asked.kept)
        print("{} jobs and {} dead letters are old; add --yes to delete them".format(*counts))
        print("A job for which something is still owed stays.")
    return DONE


def _file_of(database: DatabaseUrl, instead: str) -> Path:
    if isinstance(database, PostgresUrl):
        raise Refusal(f"The job log is on a PostgreSQL server. Its own tools do that:\n\n  {instead}")
    if database.path is None:
        raise Refusal("The job log is in memory only: name a file in DATABASE_URL")
    return Path(database.path).absolute()


def _backup(database: DatabaseUrl, asked: argparse.Namespace) -> int:
    path = _file_of(database, dump_command(database, asked.file))
    size = copies.back_up(path, asked.file)
    print(f"{asked.file} has the job log as it was a moment ago: {size:,} bytes, checked.")
    return DONE


def _restore(database: DatabaseUrl, asked: argparse.Namespace) -> int:
    path = _file_of(database, restore_command(database, asked.file))
    kept_as = path.with_name(f"{path.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    replaced = copies.restore(asked.file, path, kept_as=kept_as)
    print(f"{path} is now the copy {asked.file}.{f' What it was is {kept_as}.' if replaced else ''}")
    print("Notices that were sent after the copy was made are sent again.")
    return DONE


def _check(database: DatabaseUrl, asked: argparse.Namespace) -> int:
    faults = []
    if isinstance(database, SqliteUrl) and database.path is not None:
        path = _file_of(database, "")
        if not path.exists():
            raise Refusal(
                f"There is no job log at {path}: name it in DATABASE_URL, or start the bot to make one"
            )
        faults = copies.damage(path)
    faults = faults or revision_faults(database)
    print(*(faults or ["The job log is whole, and this version of the bot can use it."]), sep="\n")
    return REFUSED if faults else DONE


if __name__ == "__main__":
    sys.exit(main())
