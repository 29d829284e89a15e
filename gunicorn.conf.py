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

_SHARED = "PROMETHEUS_MULTIPROC_DIR"

if _SHARED not in os.environ:  # It is, when a SIGHUP makes gunicorn read this again.
    os.environ[_SHARED] = tempfile.mkdtemp(prefix="proactive-bot-metrics-")
    _OWNER = os.getpid()

    def _remove() -> None:
        if os.getpid() == _OWNER:
            shutil.rmtree(os.environ[_SHARED], ignore_errors=True)

    atexit.register(_remove)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a process that has ended; what it counted stays."""
    # Not at the top: the library looks for the folder when it is imported.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)
