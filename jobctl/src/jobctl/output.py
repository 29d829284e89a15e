"""The end of a command's output, as people read it in a chat."""

import re
from collections import deque
from collections.abc import Mapping

#: Characters of the end of a log that the bot keeps.
LOG_TAIL = 8_000

_KEPT = 64 * 1024  # Bytes.

#: Control sequences of terminals: ECMA-48, and the window titles of xterm.
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD", re.IGNORECASE)
_LEAST = 4  # Characters: shorter values stand in any text.
_MASK = "***"


class Tail:
    """Keeps the last bytes of all streams, in the order in which they came."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Add what a stream printed."""
        self._chunks.append(chunk[-_KEPT:])
        self._size += len(self._chunks[-1])
        while self._size - len(self._chunks[0]) >= _KEPT:
            self._size -= len(self._chunks.popleft())

    def text(self, environment: Mapping[str, str]) -> str:
        """Return it as plain text, `LOG_TAIL` at most; values of secrets in *environment* are masked."""
        text = b"".join(self._chunks).decode("utf-8", "replace")
        text = _ANSI.sub("", text).replace("\r\n", "\n")
        text = "\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n"))  # Progress bars.
        return masked(text, environment).strip("\n")[-LOG_TAIL:]


def masked(text: str, environment: Mapping[str, str]) -> str:
    """Return *text* with asterisks for the values of secrets in *environment*."""
    for value in _secrets_in(environment):
        text = text.replace(value, _MASK)
    return text


def _secrets_in(environment: Mapping[str, str]) -> list[str]:
    """Return the values that must not be shown, the longest first."""
    found = {
        line
        for name, value in environment.items()
        if _SECRET_NAME.search(name)
        for line in (value, *value.splitlines())
        if len(line) >= _LEAST
    }
    return sorted(found, key=len, reverse=True)
