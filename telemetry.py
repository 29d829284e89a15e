"""How the bot speaks to its operator."""

import logging


def configure_logging(level: str) -> None:
    """Log events of *level* and above to standard error, in local time."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)  # It says what it did not do, too.
