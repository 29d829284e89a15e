"""Where a conversation is answered, as it is stored: the service URL, and whose token vouches for it."""

from enum import StrEnum
from typing import NamedTuple

#: Under this key a turn's state says who vouches for the service URL of its activity.
VOUCHED_BY = "ProactiveBot.VouchedBy"


class VouchedBy(StrEnum):
    """Whose verified token said that the bot is to answer at a service URL."""

    NONE = ""  #: Authentication is off, or an application of a job system called.
    CHANNEL = "channel"  #: A token of the Bot Connector service names the URL.
    EMULATOR = "emulator"  #: A developer who has the bot's password.


class Address(NamedTuple):
    """A service URL, and who vouched for it when it was stored."""

    service_url: str
    vouched_by: VouchedBy


def dump_address(service_url: str, vouched_by: VouchedBy) -> str:
    """
    Return both in one text, such as ``https://bot.example/.bot#channel``.

    No service URL with a fragment is accepted, so the mark is never the caller's.
    """
    return service_url if vouched_by is VouchedBy.NONE else f"{service_url}#{vouched_by}"


def load_address(text: str) -> Address:
    """Return what `dump_address` wrote. Without a mark that we know nothing vouches for the URL."""
    service_url, _, mark = text.partition("#")
    return Address(service_url, _MARKS.get(mark, VouchedBy.NONE))


_MARKS = {str(each): each for each in VouchedBy}
