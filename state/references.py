"""Conversation references as they are stored: where a notice is sent, taken from a turn."""

import re
from typing import Any

import orjson
from botbuilder.schema import Activity, ChannelAccount, ConversationReference

from text import NAME_LENGTH, one_line, plain
from wire import from_dict, to_json

#: Maximum characters of a reference as JSON; `stored_reference` returns shorter ones.
REFERENCE_LENGTH = 8 * 1024

_ID_LENGTH = 1024  # The intake's limit. Longer ids are dropped: a cut one could be another user's.
_WORD_LENGTH = 128  # Of a role, a locale or a conversation type.
_TENANT_LENGTH = 128  # Of a tenant id that the bot sends back to the channel.

_ENTITIES = 20  # That are searched; Teams sends three.

_TEAMS = "msteams"  # The same in every cloud.

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def stored_reference(activity: Activity, address: str | None = None) -> str:
    """
    Return JSON of the reference to the conversation of *activity*: the ids and names that a message needs.

    *address* is the stored form of its service URL, and stands in the place of that if it is given.

    Unlike the SDK's it has no activity id: a notice replies to no activity, and a channel may not show a
    reply to one that it does not know. It also omits other properties that a client sent, which may be long
    and would be stored with every job. Written without the SDK's models, because every `run` stores one.
    """
    service_url = activity.service_url if address is None else address
    return _as_json(activity, service_url, user=activity.from_property, bot=activity.recipient)


def dump_reference(reference: ConversationReference) -> str:
    """Return *reference* as JSON, with all that it has."""
    return to_json(reference).decode()


def load_reference(text: str) -> ConversationReference:
    """Return the conversation reference that `stored_reference` or `dump_reference` wrote."""
    return from_dict(ConversationReference, orjson.loads(text))


def locale_in(text: str) -> str | None:
    """Return the locale in a stored reference; None if there is none, also if the text is no reference."""
    try:
        locale = orjson.loads(text).get("locale")
    except (AttributeError, ValueError):
        return None
    return locale if isinstance(locale, str) else None


def shortened(text: str) -> str:
    """
    Return the reference in *text*; if it is too long, reduce it to what `stored_reference` keeps.

    Earlier versions stored all properties. Text that is not a reference is cut: then only its notice fails.
    """
    if len(text) <= REFERENCE_LENGTH:
        return text
    try:
        reference = load_reference(text)
        return _as_json(reference, reference.service_url, user=reference.user, bot=reference.bot)
    except (AttributeError, ValueError):
        return text[:REFERENCE_LENGTH]


def _as_json(
    said: Activity | ConversationReference,
    service_url: str | None,
    *,
    user: ChannelAccount | None,
    bot: ChannelAccount | None,
) -> str:
    conversation = said.conversation
    document = {
        "user": _account(user),
        "bot": _account(bot),
        "conversation": _present(
            {
                "id": conversation.id,
                "isGroup": conversation.is_group,
                "conversationType": _short(conversation.conversation_type, _WORD_LENGTH),
                "name": _short(conversation.name, NAME_LENGTH),
                "tenantID": _id(conversation.tenant_id),
            }
        ),
        "channelId": said.channel_id,
        "locale": _short(said.locale or _locale_of_client(said), _WORD_LENGTH),
        "serviceUrl": service_url or None,
    }
    return orjson.dumps(_present(document)).decode()


def _locale_of_client(said: Activity | ConversationReference) -> str | None:
    """Return the locale that Teams says of its client, in an entity."""
    for entity in (getattr(said, "entities", None) or ())[:_ENTITIES]:
        if getattr(entity, "type", None) == "clientInfo":
            locale = (entity.additional_properties or {}).get("locale")
            return locale if isinstance(locale, str) else None
    return None


def _account(account: ChannelAccount | None) -> dict[str, object] | None:
    if account is None:
        return None
    return _present(
        {
            "id": _id(account.id),
            "name": _short(account.name, NAME_LENGTH),
            "aadObjectId": _id(account.aad_object_id),
            "role": _short(account.role, _WORD_LENGTH),
        }
    )


def _present(document: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in document.items() if value is not None}


def _short(text: str | None, length: int) -> str | None:
    return one_line(text, length) if text else None


def _id(value: str | None) -> str | None:
    return value if value and len(value) <= _ID_LENGTH and plain(value) == value else None


def tenant_of(activity: Activity) -> str | None:
    """
    Return the id of the tenant that *activity* came from, a GUID in lower case; None if there is none.

    Only Microsoft Teams has tenants: on other channels the value comes from the user or client and cannot be
    trusted. A GUID has no slash and a lane key always has one, so a tenant id is never equal to a lane key.
    """
    named = _named_tenant(activity)
    return named.lower() if named is not None and _GUID.fullmatch(named) else None


def name_tenant(activity: Activity) -> None:
    """Set `conversation.tenant_id` if Teams' channel data has a tenant, as the SDK's adapter does."""
    named = _named_tenant(activity)
    if named is not None and _tenant_in_channel_data(activity) is not None:
        activity.conversation.tenant_id = named


def _named_tenant(activity: Activity) -> str | None:
    """Return the first tenant id that Teams sends, GUID or not (the Agents Playground's is not one)."""
    if activity.channel_id != _TEAMS:
        return None
    conversation = activity.conversation
    # The SDK's property is "tenantID"; it keeps "tenantId", which clients send, in `additional_properties`.
    carried = (conversation.additional_properties or {}).get("tenantId")
    places = (conversation.tenant_id, carried, _tenant_in_channel_data(activity))
    return next(filter(_is_name, places), None)


def _tenant_in_channel_data(activity: Activity) -> Any:
    data = activity.channel_data
    tenant = data.get("tenant") if isinstance(data, dict) else None
    return tenant.get("id") if isinstance(tenant, dict) else None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TENANT_LENGTH and "\0" not in value
