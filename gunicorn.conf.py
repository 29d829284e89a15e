"""
What gunicorn reads when it starts in this folder: its processes share their metrics.

Any of them may be asked for /metrics, and answers for all. With a configuration file of your own, set
PROMETHEUS_MULTIPROC_DIR to an empty folder before gunicorn starts, and take over `child_exit`.
"""

import atexit
import os
import shutil
import tempfile
from typing import Any

_SHARED, _OWNER = "PROMETHEUS_MULTIPROC_DIR", "PROACTIVE_BOT_METRICS_OF"


def _make_folder() -> None:
    folder, owner = tempfile.mkdtemp(prefix="proactive-bot-metrics-"), os.getpid()
    os.environ |= {_SHARED: folder, _OWNER: str(owner)}

    def remove() -> None:
        if os.getpid() == owner:  # Not in the processes that it forks.
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


# Not when a SIGHUP makes gunicorn read this again; but in the new master after a SIGUSR2, since the old one
# removes its folder.
if _SHARED not in os.environ or os.environ.get(_OWNER, str(os.getpid())) != str(os.getpid()):
    _make_folder()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a process that has ended; what it counted stays."""
    # Not at the top: the library looks for the folder when it is imported.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)
