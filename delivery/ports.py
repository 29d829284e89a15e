"""The port through which delivery sends messages."""

from typing import Protocol

from delivery.digest import Digest
from jobs.notice import Notice


class Sender(Protocol):
    """Sends messages to channels."""

    async def send(self, digest: Digest[Notice], *, service_url: str | None) -> None:
        """
        Send one message to the conversation of the first notice, at *service_url* (in stored form) if given.

        Returns when the channel has accepted it; raises `DeliveryError` otherwise.
        """

    def size(self, digest: Digest[Notice]) -> int:
        """Return the size of the message's text, as `delivery.digest.text_size` measures it."""
