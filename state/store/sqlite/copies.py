"""Copies of a job log in an SQLite file: made while the bot runs, checked, and put in its place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from state.errors import StoreUnusable

#: Pages that are copied at a time: between two pieces the bot writes. A page has 4 KiB.
_PAGES = 2_000

#: Seconds that a piece waits for a writer.
_PATIENCE = 30.0

_IS_JOB_LOG = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"

#: Files that SQLite keeps beside its own.
_BESIDE = ("-wal", "-shm")


def back_up(database: Path, copy: Path) -> int:
    """
    Copy the job log into the new file *copy* while others write to it; return its size in bytes.

    The copy is whole, as of one moment, and only its owner may read it. If anything fails, there is no file.
    Raises `StoreUnusable`.
    """
    if not database.exists():
        raise StoreUnusable(f"There is no job log at {database}: name it in DATABASE_URL")
    with _new_file(copy) as partial:
        try:
            with closing(_open(database)) as source, closing(_open(partial)) as target:
                source.backup(target, pages=_PAGES, sleep=0.005)
                target.execute("PRAGMA journal_mode = DELETE")  # One file, that needs no other beside it.
        except sqlite3.Error as error:
            raise StoreUnusable(f"The job log {database} cannot be copied to {copy}: {error}") from None
        refuse_unless_whole(partial)
    return copy.stat().st_size


def restore(copy: Path, database: Path, *, kept_as: Path) -> bool:
    """
    Put *copy* in the place of the job log; the bot must be down. Return whether there was a job log.

    It is kept as *kept_as*, in the same folder. Raises `StoreUnusable`; then the job log is as it was.
    """
    if not copy.exists():
        raise StoreUnusable(f"There is no file {copy}")
    refuse_unless_whole(copy)
    replaces = database.exists()
    if replaces:
        _close_down(database)
    ready = database.with_name(f"{database.name}.restored")
    with _new_file(ready) as partial:
        try:
            with closing(_open(copy)) as source, closing(_open(partial)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise StoreUnusable(f"{copy} cannot be copied to {partial}: {error}") from None
    if replaces:
        os.link(database, kept_as)  # So that there is a job log at every moment.
    for suffix in _BESIDE:  # What a damaged file left.
        with suppress(FileNotFoundError):
            Path(f"{database}{suffix}").replace(f"{kept_as}{suffix}")
    ready.replace(database)
    return replaces


def refuse_unless_whole(file: Path) -> None:
    """Raise `StoreUnusable` unless *file* is a job log without damage."""
    faults = damage(file)
    if faults:
        raise StoreUnusable(f"{file} is damaged, or no job log: {faults[0]}")


def damage(file: Path) -> list[str]:
    """Return what is wrong in the file; an empty list if nothing is."""
    try:
        with closing(_open(file)) as connection:
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone():
                return ["it has no schema of the bot"]
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            return [] if found == ["ok"] else found
    except sqlite3.Error as error:
        return [str(error)]


def revision_of(file: Path) -> str | None:
    """Return the revision of the schema in *file*, which is not damaged; None if it has none."""
    with closing(_open(file)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)


def _close_down(database: Path) -> None:
    """Write what is beside the file into it; refuse while a process has it open."""
    try:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute(
                "BEGIN EXCLUSIVE"
            )  # Fails while another connection is open, even if it is idle.
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise StoreUnusable(f"{database} cannot be closed down: {error}") from None
        raise StoreUnusable(f"A process has {database} open: stop the bot first") from None
    except sqlite3.DatabaseError:
        return  # It is damaged: that is why it is replaced.


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """
    Yield the name of a file beside *path*, which becomes *path* when the body has written it.

    Raises `StoreUnusable` if *path* exists.
    """
    partial = path.with_name(f"{path.name}.partial")
    if path.exists():
        raise StoreUnusable(f"{path} is there already: name another file, or remove it")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise StoreUnusable(f"{partial} is there already: remove it, if no other command writes it") from None
    except OSError as error:
        raise StoreUnusable(f"{partial} cannot be written: {error.strerror}") from None
    try:
        yield partial
        _to_disk(partial)
        partial.rename(path)
    finally:
        for suffix in ("", *_BESIDE, "-journal"):
            with suppress(OSError):
                Path(f"{partial}{suffix}").unlink()


def _to_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
