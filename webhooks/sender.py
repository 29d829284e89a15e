"""Post events to job systems; translate their answers into `DeliveryError`."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from channel.answer import ConnectorAnswer
from channel.guarded_request import ask
from channel.verdict import retry_after
from delivery.digest import Digest
from delivery.errors import CircuitOpen, DeliveryError, Rejected, Throttled, Unavailable
from delivery.hosts.service_hosts import ServiceHosts
from identity.webhook_signatures import WebhookSecrets
from jobs.notice import Notice
from webhooks.events import EventWriter, event_id

_USER_AGENT = "proactive-bot"

#: A receiver's way to say that it never wants this event: see Standard Webhooks.
_WISH, _ABORT = "webhook-delivery", "abort-message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """Where a job system gets its events."""

    url: str
    secrets: WebhookSecrets  #: Events are signed with each.


class WebhookSender:
    """Implements `delivery.ports.Sender` for job systems. An event that arrives twice has the same id."""

    def __init__(
        self,
        webhooks: Mapping[str, Webhook],
        writer: EventWriter,
        session: aiohttp.ClientSession,
        hosts: ServiceHosts,
        *,
        clock: Callable[[], datetime],
        posted: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        """
        Post events of *writer* to *webhooks*, by name; *clock* is for answers that name an instant.

        *posted* is told of each request: `delivered`, `refused` for ever, `throttled`, `failed`, or
        `no_answer`.
        """
        self._posted = posted
        self._webhooks = webhooks
        self._writer = writer
        self._session = session
        self._hosts = hosts
        self._clock = clock

    async def send(self, digest: Digest, *, service_url: str | None) -> None:
        """
        Post the event that is the only notice of *digest*. Raises `DeliveryError`.

        Whatever else goes wrong may pass, also a 4xx: the job system may be repaired, and then it gets what
        it missed. *service_url* names the host whose limits count.
        """
        (notice,) = digest.notices
        webhook = self._webhooks.get(notice.webhook or "")
        if webhook is None:
            raise Unavailable(f"no job system {notice.webhook!r} is set: see JOB_WEBHOOKS")
        body = self._writer.body(notice)
        try:
            answer = await ask(
                self._session,
                self._hosts.at(service_url),
                "POST",
                webhook.url,
                data=body,
                headers=_headers(webhook, notice, body),
            )
        except CircuitOpen:
            raise
        except (aiohttp.ClientError, OSError, asyncio.CancelledError) as error:  # TimeoutError: an OSError.
            self._posted("no_answer")
            if isinstance(error, asyncio.CancelledError):
                raise
            raise Unavailable(f"no answer: {error!r}") from error
        failure = verdict(answer, now=self._clock())
        self._posted(_outcome(failure))
        if failure is not None:
            raise failure

    def size(self, digest: Digest) -> int:
        """Return the size of the event, which is never joined with others."""
        return len(self._writer.body(digest.notices[0]))


def _headers(webhook: Webhook, notice: Notice, body: bytes) -> dict[str, str]:
    webhook_id, timestamp = event_id(notice), int(time.time())
    return {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhook.secrets.sign(webhook_id, timestamp, body),
    }


def _outcome(failure: DeliveryError | None) -> str:
    if failure is None:
        return "delivered"
    if isinstance(failure, Rejected):
        return "refused"
    return "throttled" if isinstance(failure, Throttled) else "failed"


def verdict(answer: ConnectorAnswer, *, now: datetime) -> DeliveryError | None:
    """
    Return the error, or None if the event was taken.

    | answer | outcome |
    | --- | --- |
    | 2xx, whatever the body | taken |
    | 410, or `webhook-delivery: abort-message` | `Rejected`: a dead letter |
    | 429 | `Throttled` |
    | any other, redirects too, which are never followed | `Unavailable` |

    `webhook-delivery: disable` is a failure like others: nothing is switched off without the operator.
    """
    status = answer.status_code
    if 200 <= status < 300:
        return None
    headers = {name.lower(): value.strip().lower() for name, value in answer.headers.items()}
    if status == 410 or headers.get(_WISH) == _ABORT:
        return Rejected("the job system does not want it", status=status)
    kind = Throttled if status == 429 else Unavailable
    detail = answer.body.decode("utf-8", "replace")
    return kind(detail, status=status, retry_after=retry_after(answer.headers, now=now))
