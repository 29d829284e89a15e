"""Text from outside as the log keeps it."""

TITLE_LENGTH = 200  #: Characters of a job's title; the rest of a pasted page is cut.

NAME_LENGTH = 100  #: Characters of a display name.


def kept(text: str, characters: int) -> str:
    """Return the first *characters* of *text*, without NUL, for which PostgreSQL has no room."""
    return text.replace("\0", "")[:characters]
