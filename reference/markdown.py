"""Text as Markdown: what a reader sees is what the code says."""

import re
from collections.abc import Iterable, Sequence

#: Text in backticks is left alone; of the rest, what Markdown or HTML would take as a mark is escaped.
_CODE = re.compile(r"(`[^`]*`)")
_MARK = re.compile(r"([<*_\[\]|])")


def escaped(text: str) -> str:
    """Return *text* with the marks of Markdown escaped, but for those in backticks."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _MARK.sub(r"\\\1", part) for part in parts)


def cell(text: str) -> str:
    """Return *text* as it stands in a cell of a table."""
    return escaped(" ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, without any if it has no rows; cells are Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines, ""] if lines else []


def page(title: str, made_of: str, *lines: str) -> str:
    """Return a whole page. *made_of* says what it is generated from."""
    note = f"<!-- Generated from {made_of} by `make reference`: change that, not this page. -->"
    return "\n".join([f"# {title}", "", note, "", *lines]).rstrip() + "\n"
