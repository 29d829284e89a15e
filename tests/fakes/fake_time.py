"""A wall clock that a test sets for a process; its monotonic clock runs on, as on a real machine."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

_PLACES = ("/usr/lib", "/usr/local/lib")


def library() -> Path | None:
    """Return libfaketime's library, if it is installed (Debian's package `faketime`)."""
    if shutil.which("faketime") is None:
        return None
    found = (path for place in _PLACES for path in Path(place).glob("**/libfaketime.so.1"))
    return next(found, None)


needs_fake_time = pytest.mark.skipif(library() is None, reason="Debian's package faketime is not installed")


class WallClock:
    """The wall clock of processes that run with `environment`."""

    def __init__(self, folder: Path, name: str = "wall-clock") -> None:
        """Keep its offset in the file *name* of *folder*."""
        self._file = folder / name
        self.ahead(timedelta())

    def ahead(self, offset: timedelta) -> None:
        """Set it to *offset* ahead of the machine's; negative is behind."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{offset.total_seconds():+.0f}\n")
        draft.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of such a process."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # Without a cache each look at the clock reads the file: the process hardly does anything else.
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
