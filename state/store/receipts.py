"""Answers to requests that may be sent again, kept for as long as their senders try."""

from datetime import timedelta
from typing import NamedTuple, Protocol

#: Job systems try again for three days at most: https://www.standardwebhooks.com
KEPT_FOR = timedelta(days=4)

#: Old receipts that are deleted with each new one: more than come, so that none are left.
SWEPT_TOGETHER = 10


class KeptReceipt(NamedTuple):
    """The first answer to a request."""

    digest: str  #: Of the request's body.
    status: int  #: Of HTTP.
    body: str  #: JSON.


class ReceiptStore(Protocol):
    """The methods of a store that `web.intake.idempotency` uses."""

    async def receipt(self, key: str) -> KeptReceipt | None:
        """Return the answer that was kept under *key* within `KEPT_FOR`."""

    async def keep_receipt(self, key: str, receipt: KeptReceipt) -> KeptReceipt:
        """Keep *receipt* unless there is one for *key*; return the one that is kept, and forget old ones."""
