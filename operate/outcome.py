"""How a command ends."""

#: Exit codes: done; found a fault, or refused; wrong arguments or settings.
DONE, REFUSED, USAGE = 0, 1, 2


class Refusal(Exception):
    """The command did nothing; the message says why, and what to do."""
