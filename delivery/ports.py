"""What delivery needs of the rooms beside it."""

from typing import Protocol

from delivery.digest import Digest


class Sender(Protocol):
    """The way to the channel."""

    async def send(self, digest: Digest, *, service_url: str | None) -> str | None:
        """
        Send one message to the conversation of the first notice; to *service_url*, as stored, if it has one.

        Returns, once the channel has taken it, the id that the channel gave the message, if any; raises
        `DeliveryError` otherwise.
        """

    def size(self, digest: Digest) -> int:
        """Return the size of the message's text, as `delivery.digest.text_size` measures it."""
