"""Update a message that shows a job; one that is gone, or too old, is sent anew."""

from collections.abc import Callable
from datetime import datetime

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity

from channel.failures import SEND_FAILURES, translated
from channel.notice_sender import bot_identity
from delivery.errors import Blocked, DeliveryError, Doubtful, Rejected, Unavailable
from jobs.live import LiveMessage
from state.references import load_reference

#: Returns the message that shows a job, for a channel and a client's locale.
RenderLive = Callable[[LiveMessage, str, str | None], Activity]

#: Refusals of an update that a new message may escape: the old one is deleted, or may be changed no more.
_GONE = (Blocked, Doubtful, Rejected)


class LiveMessageSender:
    """Implements `delivery.live.LiveSender` on the Bot Framework adapter."""

    def __init__(
        self, adapter: BotAdapter, *, render: RenderLive, app_id: str, clock: Callable[[], datetime]
    ) -> None:
        """Send what *render* returns through *adapter* as the bot *app_id* (empty: authentication is off)."""
        self._adapter = adapter
        self._render = render
        self._identity = bot_identity(app_id)
        self._clock = clock

    async def show(self, message: LiveMessage) -> str:
        """Make *message* show its job; return its id. Raises `DeliveryError`."""
        reference = load_reference(message.reference)
        reference.service_url = message.service_url or reference.service_url
        said = self._render(message, reference.channel_id, reference.locale)
        show, failure = _Show(said, message.message_id, self._translated), None
        try:
            await self._adapter.continue_conversation(reference, show, claims_identity=self._identity)
        except SEND_FAILURES as error:  # It failed before the callback: no connector client or no token.
            failure = self._translated(error)
        failure = show.failure or failure
        if failure is not None:
            raise failure
        return show.message_id

    def _translated(self, error: Exception) -> DeliveryError:
        return translated(error, now=self._clock())


class _Show:
    """
    The callback of `continue_conversation`.

    It keeps what became of the update, because the adapter's `on_turn_error` swallows exceptions.
    """

    def __init__(
        self, said: Activity, message_id: str, translate: Callable[[Exception], DeliveryError]
    ) -> None:
        self._said = said
        self._translate = translate
        self.message_id = message_id
        self.failure: DeliveryError | None = None

    async def __call__(self, turn: TurnContext) -> None:
        turn.activity.id = None  # A new message answers no activity.
        self._said.id = self.message_id
        try:
            await turn.update_activity(self._said)
        except SEND_FAILURES as error:
            self.failure = self._translate(error)
            if isinstance(self.failure, _GONE):
                await self._send_anew(turn)

    async def _send_anew(self, turn: TurnContext) -> None:
        self._said.id = None
        try:
            receipt = await turn.send_activity(self._said)
        except SEND_FAILURES as error:
            self.failure = self._translate(error)
            return
        if receipt is None or not receipt.id:
            self.failure = Unavailable("the channel gave the new message no id")
            return
        self.message_id, self.failure = receipt.id, None
