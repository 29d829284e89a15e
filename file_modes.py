"""Who on this machine may read a file, beside its owner."""

import os
import stat
from pathlib import Path


def others_may_read(path: str | Path) -> bool:
    """Say whether every user of this machine may."""
    status = _status(path)
    return status is not None and bool(status.st_mode & stat.S_IROTH)


def only_the_owner_may_read(path: str | Path) -> bool:
    """
    Say whether neither its group nor all users may.

    A group does not count where the file is another user's: it is how we ourselves read it.
    """
    status = _status(path)
    if status is None:
        return True
    group = stat.S_IRGRP if status.st_uid == os.geteuid() else 0
    return not status.st_mode & (stat.S_IROTH | group)


def _status(path: str | Path) -> os.stat_result | None:
    """Return what the system says of *path*; None where there is no such file, or modes say nothing."""
    try:
        return Path(path).stat() if os.name == "posix" else None
    except OSError:
        return None
