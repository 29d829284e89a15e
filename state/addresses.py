"""The stored form of a conversation's address: its service URL, and whose token vouches for it."""

from enum import StrEnum
from typing import NamedTuple

#: Key in `turn_state` for the `VouchedBy` of the activity's service URL.
VOUCHED_BY = "ProactiveBot.VouchedBy"


class VouchedBy(StrEnum):
    """Whose verified token vouches for a service URL."""

    NONE = ""  #: Authentication is off, or an application of a job system called.
    CHANNEL = "channel"  #: A token of the Bot Connector service names the URL.
    EMULATOR = "emulator"  #: A developer who has the bot's password.


class Address(NamedTuple):
    """A service URL, and who vouched for it when it was received."""

    service_url: str
    vouched_by: VouchedBy


def dump_address(service_url: str, vouched_by: VouchedBy) -> str:
    """
    Return both as one text, such as ``https://bot.example/.bot#channel``.

    Service URLs with a fragment are refused, so a caller cannot forge the mark. Without a URL it is empty.
    """
    return f"{service_url}#{vouched_by}" if service_url and vouched_by else service_url


def load_address(text: str) -> Address:
    """Return what `dump_address` wrote; an unknown or missing mark is `VouchedBy.NONE`."""
    service_url, _, mark = text.partition("#")
    return Address(service_url, _MARKS.get(mark, VouchedBy.NONE))


_MARKS = {str(each): each for each in VouchedBy}
