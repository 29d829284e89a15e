"""How the bot speaks to its operator."""

import atexit
import logging
import sys
from functools import partial

from observe.flood_filter import FloodFilter
from text import escaped


def configure_logging(level: str) -> None:
    """Log events of *level* and above to standard error, in local time; floods of them are summed up."""
    handler = logging.StreamHandler(sys.stderr)
    floods = FloodFilter(handler.handle)
    handler.addFilter(floods)
    atexit.register(partial(floods.sum_up, all_of_them=True))
    handler.setFormatter(
        Unforgeable("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # It says what it did not do, too.


class Unforgeable(logging.Formatter):
    """
    Writes records of which no text from outside can make two.

    Control characters and invisible ones are written as Python would escape them. Only a record's first line
    begins at the margin: the others, of a trace or of a message, are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of *record*."""
        text = escaped(super().format(record))
        return text.replace("\n", "\n    ")
