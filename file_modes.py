"""Which other users of this machine may read a file."""

import os
import stat
from pathlib import Path


def others_may_read(path: str | Path) -> bool:
    """Return whether every user of this machine may read *path*."""
    status = _status(path)
    return status is not None and bool(status.st_mode & stat.S_IROTH)


def only_the_owner_may_read(path: str | Path) -> bool:
    """
    Return whether neither the file's group nor all users may read *path*.

    Group access is ignored if another user owns the file: this process then reads it through the group.
    """
    status = _status(path)
    if status is None:
        return True
    group = stat.S_IRGRP if status.st_uid == os.geteuid() else 0
    return not status.st_mode & (stat.S_IROTH | group)


def _status(path: str | Path) -> os.stat_result | None:
    """Return the status of *path*; None if there is no such file or the platform has no file modes."""
    try:
        return Path(path).stat() if os.name == "posix" else None
    except OSError:
        return None
