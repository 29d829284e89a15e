"""Report start-up errors that the operator can fix as one line, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: If a worker exits with this status, gunicorn stops as well instead of starting the next worker.
GUNICORN_GIVES_UP = 3


@contextmanager
def exit_with_reason(*expected: type[Exception], status: int) -> Iterator[None]:
    """Print an *expected* exception as one line on standard error, and end the process with *status*."""
    try:
        yield
    except expected as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        raise SystemExit(status) from None
