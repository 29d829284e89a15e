"""Requests that may be sent again: the first answer is the answer."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from state.store.receipts import KeptReceipt, ReceiptStore
from web.server.problems import Problem

_RETRY_AFTER = timedelta(seconds=1)


class Idempotency:
    """
    Runs a request once for each key, and repeats its answer.

    Two processes that get the same request at the same moment may both run it. What it does must bear that,
    as a report on a job does, which carries the same key.
    """

    def __init__(self, store: ReceiptStore) -> None:
        """Keep answers in *store*."""
        self._store = store
        self._running: set[str] = set()

    async def answer(
        self, key: str, body: bytes, run: Callable[[], Awaitable[tuple[HTTPStatus, str]]]
    ) -> tuple[HTTPStatus, str]:
        """
        Return status and body, JSON, of the answer to the request *key*; *run* makes the first one.

        Raises `Problem`: 422 if the same key came with another body, 409 while the first request is running.
        What *run* raises is not kept: then the request may be sent again.
        """
        digest = hashlib.sha256(body).hexdigest()
        if key in self._running:
            detail = "A request with this webhook-id is running."
            raise Problem(HTTPStatus.CONFLICT, detail, retry_after=_RETRY_AFTER)
        self._running.add(key)
        try:
            kept = await self._store.receipt(key)
            if kept is None:
                status, said = await run()
                kept = await self._store.keep_receipt(key, KeptReceipt(digest, status.value, said))
        finally:
            self._running.discard(key)
        if kept.digest != digest:
            detail = "This webhook-id came before with another body: use a new one for each report."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        return HTTPStatus(kept.status), kept.body
