"""Text from outside, made safe to stand in a Markdown message."""

import re

from text import plain

# What Markdown, Teams' and Web Chat's renderers give a meaning to. Angle brackets and ampersands become
# entities: Web Chat drops `<anything>` even behind a backslash.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~$@]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

# What makes a list, a rule or a heading at the start of a line, beside the characters above.
_START = re.compile(r"(\s*\d*)([-=.])")

# What some client would make a link of: an address with its scheme, or the name of a host or a mailbox alone.
# Rather too much than too little: `report.pdf` could be a host's name, too.
_LINK = re.compile(
    r"//|\b(?:www\.|mailto:|tel:|sips?:|sms:|skype:|callto:)|\S@\S|[.\u3002\uff0e\uff61][^\W\d_]{2}|\d(?:\.\d+){3}",
    re.IGNORECASE,
)
_BETWEEN_WORDS = re.compile(r"([\s`|<>]+)")


def escape(text: str) -> str:
    """
    Return *text* so that it reads as itself, in one line, wherever it stands in Markdown.

    Control characters and the marks that reverse the reading direction become a space. An address in it is a
    link, as in what people write: for text that comes back to the conversation that wrote it.
    """
    return _at_start(_escaped(plain(text)))


def quote(text: str) -> str:
    """
    Return *text* like `escape`, but that nothing in it becomes a link: for text that others wrote.

    Else the bot would vouch for an address that a stranger chose. No client looks for links in code.
    """
    text = plain(text)
    if not _LINK.search(text):
        return escape(text)
    words = _BETWEEN_WORDS.split(text)
    return _at_start("".join(f"`{word}`" if _LINK.search(word) else _escaped(word) for word in words))


def _at_start(text: str) -> str:
    match = _START.match(text)
    return text if match is None else f"{match[1]}\\{text[match.end(1) :]}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text.translate(_ENTITIES))


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
