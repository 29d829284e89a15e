"""Conversation references as the store keeps them: where a notice goes, taken from a turn."""

from typing import Any

import orjson
from botbuilder.schema import Activity, ConversationReference

from wire import from_dict, to_json

_TEAMS = "msteams"


def reference_to(activity: Activity) -> ConversationReference:
    """
    Return the reference to the conversation of *activity*, with which it shares its parts.

    Unlike the SDK's it does not name the activity: a notice answers none, and a channel may hold back an
    answer to one that it does not know.
    """
    return ConversationReference(
        user=activity.from_property,
        bot=activity.recipient,
        conversation=activity.conversation,
        channel_id=activity.channel_id,
        locale=activity.locale,
        service_url=activity.service_url,
    )


def dump_reference(reference: ConversationReference) -> str:
    """Return *reference* as JSON."""
    return to_json(reference).decode()


def load_reference(text: str) -> ConversationReference:
    """Return the conversation reference that `dump_reference` wrote."""
    return from_dict(ConversationReference, orjson.loads(text))


def tenant_of(activity: Activity) -> str | None:
    """
    Return the id of the tenant that *activity* came from, or None where the channel has no tenants.

    Microsoft Teams says it in the channel data, later clients in the conversation. Other channels hand on as
    channel data what their users send: there anybody could name a tenant.
    """
    conversation = activity.conversation
    # The SDK knows the property as "tenantID"; what clients send as "tenantId" it only carries along.
    named = conversation.tenant_id or (conversation.additional_properties or {}).get("tenantId")
    if _is_tenant(named):
        return str(named)
    data: Any = activity.channel_data if activity.channel_id == _TEAMS else None
    tenant = data.get("tenant") if isinstance(data, dict) else None
    found = tenant.get("id") if isinstance(tenant, dict) else None
    return str(found) if _is_tenant(found) else None


def _is_tenant(value: object) -> bool:
    """Say whether *value* can be a tenant's id: no channel has longer ones than a GUID, or any with NUL."""
    return isinstance(value, str) and 0 < len(value) <= 128 and "\0" not in value
