"""The Bot Framework adapter, as this bot needs it."""

import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

import aiohttp
from botbuilder.core import (
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    InvokeResponse,
    Middleware,
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
    ResourceResponse,
)
from botframework.connector import Channels
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticationConstants,
    ClaimsIdentity,
    GovernmentConstants,
    JwtTokenValidation,
    SkillValidation,
)

from bot.caller_address import CallerAddressCheck
from bot.receipt import receipt_of
from bot.replies import texts as replies
from bot.turn_context import Turn
from channel.connector import ConnectorError, ConnectorPool
from channel.outbound_tokens import OutboundTokenError
from delivery.rate_limits.conversations import ConversationRateLimiter
from identity.caller_check import CallerCheck
from jobs.lane import lane_key
from state.errors import StoreUnavailable

_log = logging.getLogger(__name__)


class ReplyNotTaken(Exception):
    """The channel took neither the turn's answer nor an apology for that."""


class ProactiveAdapter(BotFrameworkAdapter):  # type: ignore[misc]  # The SDK is untyped.
    """A `BotFrameworkAdapter` that sends on a `ConnectorPool` and apologises when a turn fails."""

    def __init__(
        self,
        settings: BotFrameworkAdapterSettings,
        callers: CallerCheck,
        addresses: CallerAddressCheck,
        connectors: ConnectorPool,
        conversations: ConversationRateLimiter,
    ) -> None:
        """
        Serve the callers that pass *callers* and *addresses*.

        Send on *connectors*, and count in *conversations* what was sent.
        """
        super().__init__(settings)
        self._callers = callers
        self._addresses = addresses
        self._connectors = connectors
        self._conversations = conversations
        self._channel = _channel_caller(settings)
        self._has_middleware = False
        self.on_turn_error = apologise

    async def authenticate(self, activity: Activity, authorization_headers: Sequence[str]) -> ClaimsIdentity:
        """Return who sent *activity*, and bring its service URL into plain form; raise `AuthError`."""
        identity = await self._callers.authenticate(
            authorization_headers, channel_id=activity.channel_id, service_url=activity.service_url
        )
        activity.service_url = self._addresses.check(identity, activity.service_url)
        return identity

    async def process_activity_with_identity(
        self, activity: Activity, identity: ClaimsIdentity, logic: Callable[[TurnContext], Any]
    ) -> InvokeResponse | None:
        """
        Run one turn of *logic* for *activity*; return what to answer the request with, if anything.

        Like the SDK's, which asks in each turn anew, and awaits, what the settings have said for good. Raises
        what `apologise` raises.
        """
        activity.caller_id, audience = self._channel
        if SkillValidation.is_skill_claim(identity.claims):
            audience = JwtTokenValidation.get_app_id_from_claims(identity.claims)
            if self.settings.app_id:
                activity.caller_id = f"{CallerIdConstants.bot_to_bot_prefix.value}{audience}"
        _name_tenant(activity)
        turn = self._begin(activity, identity, logic, audience)
        await self.run_pipeline(turn, logic)
        if activity.delivery_mode == DeliveryModes.expect_replies:
            replies = ExpectedReplies(activities=turn.buffered_reply_activities)
            return InvokeResponse(status=HTTPStatus.OK.value, body=replies.serialize())
        if activity.type == ActivityTypes.event and (receipt := receipt_of(turn)):
            return InvokeResponse(status=HTTPStatus.OK.value, body=receipt.as_json())
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

        Like the SDK's, but that the turn's activity has no id: the SDK makes one up, at a system call's cost.
        Without an identity, the SDK's own.
        """
        if claims_identity is None:
            return await super().continue_conversation(reference, callback, bot_id, None, audience)
        activity = Activity(
            type=ActivityTypes.event,
            name=ActivityEventNames.continue_conversation,
            channel_id=reference.channel_id,
            service_url=reference.service_url,
            conversation=reference.conversation,
            recipient=reference.bot,
            from_property=reference.user,
            relates_to=reference,
        )
        turn = self._begin(activity, claims_identity, callback, audience)
        return await self.run_pipeline(turn, callback)

    def _begin(
        self,
        activity: Activity,
        identity: ClaimsIdentity,
        logic: Callable[[TurnContext], Any],
        audience: str | None,
    ) -> Turn:
        turn = Turn(self, activity)
        turn.turn_state.update(
            {
                self.BOT_IDENTITY_KEY: identity,
                self.BOT_CALLBACK_HANDLER_KEY: logic,
                self.BOT_OAUTH_SCOPE_KEY: audience,
                self.BOT_CONNECTOR_CLIENT_KEY: self._connectors.client(activity.service_url),
            }
        )
        return turn

    async def _authenticate_request(self, request: Activity, auth_header: str) -> ClaimsIdentity:
        """Stand in for the SDK's own check, for who calls the SDK's `process_activity`."""
        return await self.authenticate(request, [auth_header] if auth_header else [])

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> Any:
        """Send *activities*; answers and notices count alike towards the conversation's pace."""
        to = context.activity
        with self._conversations.speaking(lane_key(to.channel_id, to.conversation.id), len(activities)):
            if len(activities) == 1 and _is_sendable_message(activities[0]):
                return [await self._send_message(context, activities[0])]
            return await super().send_activities(context, activities)

    async def _send_message(self, context: TurnContext, message: Activity) -> ResourceResponse:
        """Send what nearly always is sent, as the SDK does once it has asked for all else it may be."""
        conversations = context.turn_state[self.BOT_CONNECTOR_CLIENT_KEY].conversations
        there = message.conversation.id
        if message.reply_to_id:
            receipt = await conversations.reply_to_activity(there, message.reply_to_id, message)
        else:
            receipt = await conversations.send_to_conversation(there, message)
        return receipt or ResourceResponse(id=message.id or "")

    def use(self, middleware: Middleware) -> "ProactiveAdapter":
        """Have *middleware* see every turn."""
        self._has_middleware = True
        return super().use(middleware)  # type: ignore[no-any-return]

    async def run_pipeline(
        self, context: TurnContext, callback: Callable[[TurnContext], Any] | None = None
    ) -> Any:
        """Run *callback* in the turn; through the SDK's pipeline only where there is something in it."""
        if self._has_middleware or callback is None:
            return await super().run_pipeline(context, callback)
        try:
            return await callback(context)
        except Exception as error:
            await self.on_turn_error(context, error)

    async def create_connector_client(
        self, service_url: str, identity: ClaimsIdentity | None = None, audience: str | None = None
    ) -> Any:
        """Return the pool's client: it signs by itself, so nobody need look for credentials in each turn."""
        return self._connectors.client(service_url)

    def _create_context(self, activity: Activity) -> Turn:
        return Turn(self, activity)

    def _get_or_create_connector_client(self, service_url: str, credentials: Any) -> ConnectorClient:
        return self._connectors.client(service_url)


def _is_sendable_message(activity: Activity) -> bool:
    return bool(
        activity.type == ActivityTypes.message
        and activity.service_url
        and activity.conversation
        and activity.conversation.id
    )


def _channel_caller(settings: BotFrameworkAdapterSettings) -> tuple[str | None, str]:
    """Return the caller id of activities from a channel, and whom a token for answering it is for."""
    provider = settings.channel_provider
    government = provider is not None and provider.is_government()
    if government:
        caller_id, audience = CallerIdConstants.us_gov_channel, GovernmentConstants
    else:
        caller_id, audience = CallerIdConstants.public_azure_channel, AuthenticationConstants
    known = bool(settings.app_id) and (government or provider is None or provider.is_public_azure())
    return caller_id.value if known else None, audience.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE


def _name_tenant(activity: Activity) -> None:
    """Set the conversation's tenant, which Microsoft Teams says in the channel data."""
    if activity.channel_id == Channels.ms_teams and activity.channel_data:
        conversation = activity.conversation
        tenant = activity.channel_data.get("tenant", {}).get("id")
        if tenant and not conversation.tenant_id:
            conversation.tenant_id = str(tenant)


async def apologise(turn: TurnContext, error: Exception) -> None:
    """
    Log what failed in a turn, and tell the user that something did, without saying what.

    Raises what the channel has to hear of, for it may send the activity again, and then it counts once: a
    store that is down, a token that the bot cannot get (it could not apologise either), and `ReplyNotTaken`.
    """
    if isinstance(error, StoreUnavailable | OutboundTokenError):
        raise error
    _log.error("A turn of type %s failed", turn.activity.type, exc_info=error)
    try:
        await turn.send_activity(replies.APOLOGY)
    except (ConnectorError, aiohttp.ClientError, OSError) as failure:  # TimeoutError is an OSError.
        raise ReplyNotTaken(str(failure)) from failure
