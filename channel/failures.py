"""Translate what a send on the Bot Framework adapter raises into `DeliveryError`."""

from datetime import datetime

import aiohttp

from channel.connector import ConnectorError
from channel.outbound_tokens import OutboundTokenError
from channel.service_urls import RefusedServiceUrl
from channel.verdict import verdict
from delivery.errors import DeliveryError, OutcomeUnknown, Rejected, Unavailable

# No bytes of the request were written: certainly not delivered.
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# The connection failed or timed out after that: the channel may or may not have the message.
_CUT_OFF = (aiohttp.ClientError, TimeoutError, OSError)

#: What a send raises if the channel, or the way to it, is to blame. TimeoutError is an OSError.
SEND_FAILURES = (
    DeliveryError,
    ConnectorError,
    OutboundTokenError,
    RefusedServiceUrl,
    aiohttp.ClientError,
    OSError,
)


def translated(failure: Exception, *, now: datetime) -> DeliveryError:
    """Return *failure*, which a send raised, as the kind of failure that it is."""
    if isinstance(failure, DeliveryError):
        return failure  # No request was sent.
    if isinstance(failure, ConnectorError):
        answer = failure.response
        judged = verdict(answer.status_code, answer.headers, answer.body, now=now)
        return judged or OutcomeUnknown("the channel accepted it, but its answer cannot be understood")
    if isinstance(failure, RefusedServiceUrl):
        return Rejected(f"the bot does not send to this service URL: {failure}")
    if isinstance(failure, _NOT_CONNECTED):
        return Unavailable(f"no connection: {failure}")
    if isinstance(failure, _CUT_OFF):
        return OutcomeUnknown(f"cut off: {failure!r}")
    return Unavailable(repr(failure))
