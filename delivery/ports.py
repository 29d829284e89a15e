"""The port through which delivery sends messages."""

from dataclasses import dataclass
from typing import Protocol

from delivery.digest import Digest
from delivery.retry import RetryPolicy


class Sender(Protocol):
    """Sends messages to channels."""

    async def send(self, digest: Digest, *, service_url: str | None) -> str | None:
        """
        Send one message to the conversation of the first notice, at *service_url* (in stored form) if given.

        Returns, once the channel has taken it, the id that the channel gave the message, if any; raises
        `DeliveryError` otherwise.
        """

    def size(self, digest: Digest) -> int:
        """Return the size of the message's text, as `delivery.digest.text_size` measures it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How one kind of destination is sent to."""

    sender: Sender
    policy: RetryPolicy
    #: Whether the notices are events: each goes alone, its lane is of one job, arriving twice is harmless.
    events: bool = False
