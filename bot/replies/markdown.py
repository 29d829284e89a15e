"""Make text from outside safe for a Markdown message."""

import re

from text import plain

# Special characters of Markdown in the renderers of Teams and Web Chat. Angle brackets and ampersands become
# entities: Web Chat removes `<anything>` even after a backslash.
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|~$@]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

# Starts of a list, a rule or a heading at the beginning of a line, beside the characters above.
_START = re.compile(r"(\s*\d*)([-=.])")

# Text that some client turns into a link: an address with a scheme, a host name or a mailbox. Matches more
# rather than less: `report.pdf` could be a host name.
_LINK = re.compile(
    r"//|\b(?:www\.|mailto:|tel:|sips?:|sms:|skype:|callto:)|\S@\S|[.\u3002\uff0e\uff61][^\W\d_]{2}|\d(?:\.\d+){3}",
    re.IGNORECASE,
)
#: An address that clients turn into a link, as far as they take it.
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)

# What Markdown would take away from an address, written as a URL may write it: pairs of marks, the sign
# between cells of a table, brackets, an underscore that could end emphasis.
_IN_ADDRESS = re.compile(r"[\\`*~|\[\]]|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")

_BETWEEN_WORDS = re.compile(r"([\s`|<>]+)")


def escape(text: str) -> str:
    """
    Escape *text* so that Markdown shows it literally, in one line, at any position.

    Control characters and direction overrides become a space. URLs in it stay links, so use it for text that
    goes back to the conversation that wrote it: backslashes would become part of the address.
    """
    text, written, done = plain(text), [], 0
    for address in _ADDRESS.finditer(text):
        written += [_escaped(text[done : address.start()]), _as_address(address[0])]
        done = address.end()
    return _at_start("".join(written) + _escaped(text[done:]))


def quote(text: str) -> str:
    """
    Escape *text* like `escape`, without links: for text from other conversations.

    Otherwise users would trust a link from a stranger because the bot posted it. Links are written as code,
    which no client turns into links.
    """
    text = plain(text)
    if not _LINK.search(text):
        return escape(text)
    words = _BETWEEN_WORDS.split(text)
    return _at_start("".join(f"`{word}`" if _LINK.search(word) else _escaped(word) for word in words))


def _as_address(text: str) -> str:
    percent = _IN_ADDRESS.sub(lambda match: f"%{ord(match[0]):02X}", text)
    return _ENTITY.sub("&amp;", percent)


def _at_start(text: str) -> str:
    text = text.lstrip()  # Four blanks would make it a block of code.
    match = _START.match(text)
    return text if match is None else f"{match[1]}\\{text[match.end(1) :]}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text.translate(_ENTITIES))


def code_block(text: str, *, lines: int, length: int) -> str:
    """Return the last *lines* lines of *text*, of at most *length* characters, as a block of code."""
    kept = [plain(line).rstrip() for line in text[-length:].splitlines()[-lines:]]
    if len(text) > length or len(text.splitlines()) > lines:
        kept = ["…", *kept]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return "\n".join([fence, *kept, fence])


def paragraphs(*texts: str) -> str:
    """Join *texts* with blank lines: Teams collapses a single newline."""
    return "\n\n".join(texts)
