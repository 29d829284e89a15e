"""Log configuration and formatting."""

import atexit
import logging
import re
import sys
from functools import partial

from observe.flood_filter import FloodFilter

# C0 except newline, DEL, C1, line and paragraph separators, and direction overrides, which a terminal would
# interpret; and invisible characters such as tags, which a reader would not see.
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff"
    r"\U000e0000-\U000e0fff]"
)


def configure_logging(level: str) -> None:
    """Log records of *level* and above to standard error, in local time, through a `FloodFilter`."""
    handler = logging.StreamHandler(sys.stderr)
    floods = FloodFilter(handler.handle)
    handler.addFilter(floods)
    atexit.register(partial(floods.sum_up, all_of_them=True))
    handler.setFormatter(
        Unforgeable("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # At INFO it also logs steps that it skips.


class Unforgeable(logging.Formatter):
    """
    A formatter whose output cannot be forged by text from outside.

    Control characters are written as Python escapes. Only the first line of a record starts at column 0:
    further lines, of a traceback or a message, are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of *record*."""
        text = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], super().format(record))
        return text.replace("\n", "\n    ")
