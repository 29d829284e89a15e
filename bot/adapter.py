"""
The Bot Framework adapter, as this bot needs it.

Longer than other files: it replaces the SDK's methods of one class, which call each other.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from botbuilder.core import (
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    InvokeResponse,
    TurnContext,
)
from botbuilder.schema import (
    Activity,
    ActivityEventNames,
    ActivityTypes,
    CallerIdConstants,
    ConversationReference,
    DeliveryModes,
    ExpectedReplies,
)
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticationConstants,
    ClaimsIdentity,
    GovernmentConstants,
    JwtTokenValidation,
    SkillValidation,
)

from bot.apology import apologise
from bot.caller_address import Caller, CallerAddressCheck, vouched_by
from bot.permissions import is_answered, require_allowed
from bot.receipt import receipt_of
from bot.turn_context import Turn
from bot.unanswered_turn import UnansweredTurn
from channel.connector_pool import ConnectorPool
from delivery.rate_limits.conversations import ConversationRateLimiter
from identity.caller_check import CallerCheck
from identity.caller_kind import caller_kind
from jobs.lane import lane_key
from state.addresses import VOUCHED_BY, Address, load_address
from state.references import name_tenant
from wire import to_dict


class ProactiveAdapter(BotFrameworkAdapter):  # type: ignore[misc]  # The SDK is untyped.
    """A `BotFrameworkAdapter` that sends on a `ConnectorPool` and apologises when a turn fails."""

    def __init__(
        self,
        settings: BotFrameworkAdapterSettings,
        callers: CallerCheck,
        addresses: CallerAddressCheck,
        connectors: ConnectorPool,
        conversations: ConversationRateLimiter,
        *,
        notices: ConnectorPool | None = None,
    ) -> None:
        """
        Serve the callers that pass *callers* and *addresses*.

        Answer on *connectors*, and send what continues a conversation on *notices*, by default on the same.
        Count in *conversations* what was sent.
        """
        super().__init__(settings)
        self._callers = callers
        self._addresses = addresses
        self._connectors = connectors
        self._notices = notices or connectors
        self._conversations = conversations
        self._channel = _channel_caller(settings)
        self.on_turn_error = apologise

    async def authenticate(
        self,
        authorization_headers: Sequence[str],
        *,
        channel_id: str,
        service_url: str,
        activity_type: object,
        name: object,
    ) -> Caller:
        """
        Return who sent such an activity, of this channel and with this service URL; raise `AuthError`.

        Takes plain values, because an `Activity` is created only for an authenticated caller.
        """
        identity = await self._callers.authenticate(
            authorization_headers, channel_id=channel_id, service_url=service_url
        )
        kind = caller_kind(identity)
        require_allowed(kind, channel_id=channel_id, activity_type=activity_type, name=name)
        return Caller(identity, kind, self._addresses.check(kind, service_url))

    async def process_activity_with_identity(
        self, activity: Activity, identity: ClaimsIdentity, logic: Callable[[TurnContext], Any]
    ) -> InvokeResponse | None:
        """
        Run one turn of *logic* for *activity*; return what to answer the request with, if anything.

        In place of the SDK's method, which makes a connector client for a caller that is never answered,
        cannot be told who vouches for the service URL, and answers no event.
        Raises what `apologise` raises.
        """
        activity.caller_id, audience = self._channel
        if SkillValidation.is_skill_claim(identity.claims):
            audience = JwtTokenValidation.get_app_id_from_claims(identity.claims)
            if self.settings.app_id:
                activity.caller_id = f"{CallerIdConstants.bot_to_bot_prefix.value}{audience}"
        name_tenant(activity)
        kind = caller_kind(identity)
        answered, address = is_answered(kind), Address(activity.service_url, vouched_by(kind))
        turn = self._begin(activity, address, identity, logic, audience, answered=answered)
        await self.run_pipeline(turn, logic)
        return self._answer(turn, answered=answered)

    def _answer(self, turn: Turn, *, answered: bool) -> InvokeResponse | None:
        """Return what to answer the request of a finished turn with; a receipt for every caller."""
        activity = turn.activity
        if activity.type == ActivityTypes.event and (receipt := receipt_of(turn)):
            return InvokeResponse(status=HTTPStatus.OK.value, body=receipt.as_json())
        if not answered:
            return None
        if activity.delivery_mode == DeliveryModes.expect_replies:
            replies = ExpectedReplies(activities=turn.buffered_reply_activities)
            # Not by msrest: each reply carries what the activity says of the conversation, however much.
            return InvokeResponse(status=HTTPStatus.OK.value, body=to_dict(replies))
        if activity.type != ActivityTypes.invoke:
            return None
        invoked = turn.turn_state.get(self._INVOKE_RESPONSE_KEY)
        if invoked is None:
            return InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED.value)
        return InvokeResponse(status=invoked.value.status, body=invoked.value.body)

    async def continue_conversation(
        self,
        reference: ConversationReference,
        callback: Callable[[TurnContext], Any],
        bot_id: str | None = None,
        claims_identity: ClaimsIdentity | None = None,
        audience: str | None = None,
    ) -> Any:
        """
        Run *callback* in a turn on *reference*, as the bot that *claims_identity* names.

        As in the SDK, but the turn's activity has no id: the SDK makes one up, at a system call's cost (+27 %
        per event, by callgrind). The reference's service URL may be in the form that `dump_address` writes.
        Without an identity, the SDK's own method runs. Raises `RefusedServiceUrl`.
        """
        if claims_identity is None:
            return await super().continue_conversation(reference, callback, bot_id, None, audience)
        address = load_address(reference.service_url)
        activity = Activity(
            type=ActivityTypes.event,
            name=ActivityEventNames.continue_conversation,
            channel_id=reference.channel_id,
            service_url=address.service_url,
            conversation=reference.conversation,
            recipient=reference.bot,
            from_property=reference.user,
            relates_to=reference,
        )
        turn = self._begin(activity, address, claims_identity, callback, audience, self._notices)
        return await self.run_pipeline(turn, callback)

    def _begin(
        self,
        activity: Activity,
        address: Address,
        identity: ClaimsIdentity,
        logic: Callable[[TurnContext], Any],
        audience: str | None,
        connectors: ConnectorPool | None = None,
        *,
        answered: bool = True,
    ) -> Turn:
        turn = Turn(self, activity) if answered else UnansweredTurn(self, activity)
        turn.turn_state.update(
            {
                self.BOT_IDENTITY_KEY: identity,
                self.BOT_CALLBACK_HANDLER_KEY: logic,
                self.BOT_OAUTH_SCOPE_KEY: audience,
                VOUCHED_BY: address.vouched_by,
            }
        )
        if answered and address.service_url:
            turn.turn_state[self.BOT_CONNECTOR_CLIENT_KEY] = (connectors or self._connectors).client(*address)
        return turn

    async def _authenticate_request(self, request: Activity, auth_header: str) -> ClaimsIdentity:
        """Replace the SDK's own check in its `process_activity`."""
        caller = await self.authenticate(
            [auth_header] if auth_header else [],
            channel_id=request.channel_id,
            service_url=request.service_url,
            activity_type=request.type,
            name=request.name,
        )
        request.service_url = caller.service_url
        return caller.identity

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> Any:
        """Send *activities*; replies and notices count alike towards the conversation's rate limit."""
        to = context.activity
        with self._conversations.speaking(lane_key(to.channel_id, to.conversation.id), len(activities)):
            return await super().send_activities(context, activities)

    async def update_activity(self, context: TurnContext, activity: Activity) -> Any:
        """Replace an activity; that counts towards the conversation's rate limit like a send."""
        to = context.activity
        with self._conversations.speaking(lane_key(to.channel_id, to.conversation.id), 1):
            return await super().update_activity(context, activity)

    def _create_context(self, activity: Activity) -> Turn:
        return Turn(self, activity)

    def _get_or_create_connector_client(self, service_url: str, credentials: Any) -> ConnectorClient:
        return self._connectors.client(service_url)


def _channel_caller(settings: BotFrameworkAdapterSettings) -> tuple[str | None, str]:
    """Return the caller id of activities from a channel, and the audience of tokens for replies to it."""
    provider = settings.channel_provider
    government = provider is not None and provider.is_government()
    if government:
        caller_id, audience = CallerIdConstants.us_gov_channel, GovernmentConstants
    else:
        caller_id, audience = CallerIdConstants.public_azure_channel, AuthenticationConstants
    known = bool(settings.app_id) and (government or provider is None or provider.is_public_azure())
    return caller_id.value if known else None, audience.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
