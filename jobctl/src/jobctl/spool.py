"""
Reports that did not reach the bot: kept on disk, and sent by any later call.

A file is written before its report is sent, and deleted when the bot has it: what dies in between is sent
again with the same id, and counts once.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spooled:
    """One report that waits. Its job has a number, or an id of its own and then may have to be created."""

    url: str
    kind: str
    content: Mapping[str, Any]
    id: str
    job: int | None = None
    external_id: str | None = None
    title: str | None = None
    token: str | None = None  #: Of the job alone; nobody else's later call has it.
    trace: str | None = None  #: The `traceparent` of the job.


class Spool:
    """A folder of reports, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> "Spool":
        """Return the user's: ``$XDG_STATE_HOME/jobctl``, by default ``~/.local/state/jobctl``."""
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(state) / "jobctl")

    def add(self, report: Spooled) -> Path:
        """Write *report* so that it survives the machine; return its file. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / f"{time.time_ns():020}-{report.id}.json"
        partial = file.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
            json.dump(asdict(report), stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.rename(file)
        return file

    def remove(self, file: Path) -> None:
        """Forget a report that the bot has."""
        file.unlink(missing_ok=True)

    def refuse(self, file: Path) -> None:
        """Put a report aside that the bot does not want; it is kept for a person to look at."""
        aside = self._folder / _REFUSED
        aside.mkdir(exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            file.rename(aside / file.name)

    def waiting(self) -> Iterator[tuple[Path, Spooled]]:
        """Yield the reports, the oldest first; a file that is not one is put aside."""
        for file in sorted(self._folder.glob("*.json")):
            try:
                yield file, Spooled(**json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, TypeError):
                self.refuse(file)
            except FileNotFoundError:  # Another call has sent it.
                continue

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether no other call is sending these reports now."""
        if not self._folder.is_dir():
            yield False
            return
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
