"""What keeps the bot from starting is said in one line, without a trace: it is the operator's to mend."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config import ConfigError
from state.errors import StoreUnusable
from web.server import CannotListen

#: By this status of a worker gunicorn knows that the next one could not start either, and ends as well.
GUNICORN_GIVES_UP = 3


@contextmanager
def said_in_one_line(*, status: int) -> Iterator[None]:
    """Say why the bot cannot start, if it cannot, and end the process with *status*."""
    try:
        yield
    except (ConfigError, StoreUnusable, CannotListen) as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        raise SystemExit(status) from None
