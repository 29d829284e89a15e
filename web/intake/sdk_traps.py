"""
Drops what an SDK object can be made of, but what the SDK's own code then trips over.

Seen in botbuilder 4.17.1: the adapter reads `channelData.tenant.id` of a Teams activity before any turn
begins, and `TurnContext.remove_recipient_mention` reads each entity's type and each mention's name.
"""

TEAMS = "msteams"


def drop_traps(document: dict[str, object]) -> None:
    """Remove from *document*, in place, entities and Teams data without the parts that the SDK relies on."""
    entities = document.get("entities")
    if isinstance(entities, list):
        entities[:] = [entity for entity in entities if isinstance(entity, dict) and _is_whole(entity)]
    if document["channelId"] == TEAMS and "channelData" in document:
        data = document["channelData"]
        if not isinstance(data, dict):
            del document["channelData"]
        elif not isinstance(data.get("tenant", {}), dict):
            del data["tenant"]


def _is_whole(entity: dict[str, object]) -> bool:
    kind = entity.get("type")
    if not isinstance(kind, str):
        return False
    if kind.lower() != "mention":
        return True
    mentioned, text = entity.get("mentioned"), entity.get("text")
    if not isinstance(mentioned, dict) or not isinstance(mentioned.get("id"), str):
        return False
    return isinstance(text or mentioned.get("name"), str)
