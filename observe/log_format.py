"""Log configuration and formatting."""

import atexit
import logging
import sys
from collections.abc import Callable
from functools import partial

from pythonjsonlogger.json import JsonFormatter

from observe.flood_filter import FloodFilter
from observe.log_fields import ContextFields
from text import escaped


def configure_logging(
    level: str, form: str = "text", *, conversation: Callable[[str], str] = lambda _lane: ""
) -> None:
    """
    Log records of *level* and above to standard error, through a `FloodFilter`.

    The *form* is ``text``, in local time, or ``json``: an object in a line, in UTC, with the fields of
    `ContextFields`. There *conversation* says how to name that of a lane.
    """
    handler = logging.StreamHandler(sys.stderr)
    floods = FloodFilter(handler.handle)
    handler.addFilter(floods)
    atexit.register(partial(floods.sum_up, all_of_them=True))
    if form == "json":
        handler.addFilter(ContextFields(conversation))
    handler.setFormatter(as_json() if form == "json" else _as_text())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # At INFO it also logs steps that it skips.


def _as_text() -> logging.Formatter:
    return Unforgeable("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S")


def as_json() -> logging.Formatter:
    """Return what writes a record as an object in a line."""
    return JsonFormatter(
        ["levelname", "name", "message"],
        style="sequence",
        timestamp=True,
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        json_ensure_ascii=True,
    )


class Unforgeable(logging.Formatter):
    """
    A formatter whose output cannot be forged by text from outside.

    Control characters and invisible ones are written as Python escapes. Only the first line of a record
    starts at column 0: further lines, of a traceback or a message, are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of *record*."""
        text = escaped(super().format(record))
        return text.replace("\n", "\n    ")
