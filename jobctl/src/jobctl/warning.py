"""Words for the person at the terminal; standard output is for data."""

import sys


def warn(text: str) -> None:
    """Print *text* on standard error."""
    print(f"jobctl: {text}", file=sys.stderr)
