"""How the bot speaks to its operator."""

import atexit
import logging
import re
import sys
from functools import partial

from observe.flood_filter import FloodFilter

# C0 but the newline, DEL, C1, the separators of lines and paragraphs, and what turns the reading direction
# round: a terminal would obey them. And what hides in a line, such as tags: a reader would not see it.
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff"
    r"\U000e0000-\U000e0fff]"
)


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

    Control characters are written as Python would escape them. Only a record's first line begins at the
    margin: the others, of a trace or of a message, are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of *record*."""
        text = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], super().format(record))
        return text.replace("\n", "\n    ")
