"""What keeps the bot from starting is one line without a traceback: the operator has to mend it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: With this status of a worker gunicorn knows that the next one could not start either, and ends as well.
GUNICORN_GIVES_UP = 3


@contextmanager
def exit_with_reason(*expected: type[Exception], status: int) -> Iterator[None]:
    """Print an *expected* exception as one line on standard error, and end the process with *status*."""
    try:
        yield
    except expected as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        raise SystemExit(status) from None
