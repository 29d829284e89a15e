"""Send notices with `continue_conversation`, and translate failures into `DeliveryError`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ConversationReference, ResourceResponse
from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from channel.failures import translated
from channel.mentions import is_group, mentioning
from delivery.digest import Digest, text_size
from delivery.errors import Blocked, Unavailable
from identity.caller_check import anonymous
from state.references import load_reference, locale_in

#: Returns the text of a message, in Markdown, for a client's locale.
Render = Callable[[Digest, str | None], str]


class NoticeSender:
    """Implements `delivery.ports.Sender` on the Bot Framework adapter."""

    def __init__(
        self, adapter: BotAdapter, *, render: Render, app_id: str, clock: Callable[[], datetime]
    ) -> None:
        """Send texts of *render* through *adapter* as the bot *app_id* (empty: authentication is off)."""
        self._adapter = adapter
        self._render = render
        self._identity = bot_identity(app_id)
        self._clock = clock

    async def send(self, digest: Digest, *, service_url: str | None) -> str | None:
        """
        Send *digest* to the conversation that its jobs were started in; return its id in the channel.

        Raises `DeliveryError`.

        Uses *service_url* if given, since the address may have changed after a job was started. A stored
        address that the current settings refuse is `Rejected`.
        """
        reference = load_reference(digest.notices[0].reference)
        if service_url:
            reference.service_url = service_url
        if not reference.service_url:  # Replies went into the answers to its requests.
            raise Blocked("no service URL of the conversation is known yet")
        say, failure = _Say(self._message(digest, reference)), None
        try:
            await self._adapter.continue_conversation(reference, say, claims_identity=self._identity)
        except Exception as error:  # It failed before the callback: no connector client or no token.
            failure = error
        failure = say.failure or failure
        if failure is not None:
            raise translated(failure, now=self._clock()) from failure
        if say.receipt is None:
            raise Unavailable("no receipt: middleware ended the turn before the message was sent")
        return say.receipt.id or None

    def size(self, digest: Digest) -> int:
        """Return the size of the message's text; mentions are part of what surrounds it."""
        return text_size(self._render(digest, locale_in(digest.notices[0].reference)))

    def _message(self, digest: Digest, reference: ConversationReference) -> Activity | str:
        text = self._render(digest, reference.locale)
        ends = [notice.reference for notice in digest.notices if notice.kind.is_of_an_end]
        if not ends or not is_group(reference):
            return text
        return mentioning([load_reference(each) for each in ends if each], text)


class _Say:
    """
    Sends a message as the callback of `continue_conversation`, and keeps what became of that.

    The result is kept here, because the adapter's `on_turn_error` swallows the callback's exceptions, and the
    channel's receipt exists only inside the callback.
    """

    def __init__(self, message: Activity | str) -> None:
        self._message = message
        self.receipt: ResourceResponse | None = None
        self.failure: Exception | None = None

    async def __call__(self, turn: TurnContext) -> None:
        # The SDK gives its event a made-up id, and the message would be a reply to it. Web Chat does not
        # show such a message, because it waits for the activity with that id.
        turn.activity.id = None
        try:
            self.receipt = await turn.send_activity(self._message)
        except Exception as error:
            self.failure = error


def bot_identity(app_id: str) -> Any:
    """
    Return the identity with which the bot continues a conversation.

    Without an app id the identity is anonymous: an empty `bot_id` would raise, and a made-up one would make
    the SDK request a token.
    """
    if not app_id:
        return anonymous()
    claims = {AuthenticationConstants.AUDIENCE_CLAIM: app_id, AuthenticationConstants.APP_ID_CLAIM: app_id}
    return ClaimsIdentity(claims, True)
