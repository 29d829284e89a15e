"""Notice that the database's file was deleted or replaced while it is open."""

import sqlite3
from pathlib import Path


class FileGuard:
    """
    Compares the file at a path with the one that was there at the start.

    SQLite goes on writing to a file that was deleted, and the writes are lost when the process ends.
    """

    def __init__(self, path: str) -> None:
        """Remember the file at *path*."""
        self._path = path
        self._file = self._identity()

    def check(self) -> None:
        """Raise `sqlite3.OperationalError` if there is no file at the path now, or another one."""
        try:
            same = self._identity() == self._file
        except FileNotFoundError:
            same = False
        if not same:
            raise sqlite3.OperationalError(
                f"the file {self._path} was deleted or replaced: restore it, or restart the bot"
            )

    def _identity(self) -> tuple[int, int]:
        found = Path(self._path).stat()
        return found.st_dev, found.st_ino
