"""Text from outside, made safe to stand in a Markdown message."""

import re

from text import plain

# What Markdown, Teams' and Web Chat's renderers give a meaning to. Angle brackets and ampersands become
# entities: Web Chat drops `<anything>` even behind a backslash.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~$@]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str) -> str:
    """
    Return *text* so that it reads as itself, in one line, wherever it stands in Markdown.

    Control characters and the marks that reverse the reading direction become a space.
    """
    return _SPECIAL.sub(r"\\\g<0>", plain(text).translate(_ENTITIES))


def table(header: list[str], rows: list[list[str]]) -> str:
    """
    Return a Markdown table of cells that are escaped already.

    With real newlines: a table broken by ``<br>`` is no table in any client.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def paragraphs(*texts: str) -> str:
    """Return *texts* with a blank line between: a single newline collapses in Teams."""
    return "\n\n".join(texts)
