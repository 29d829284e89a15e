"""
Drop values that the SDK can parse but that make its own code fail later.

In botbuilder 4.17.1 the adapter reads `channelData.tenant.id` of a Teams activity before the turn begins, and
`TurnContext.remove_recipient_mention` reads the type of each entity and the name of each mention.
"""

TEAMS = "msteams"


def drop_traps(document: dict[str, object]) -> None:
    """Remove entities and Teams data that lack the parts that the SDK reads from *document*, in place."""
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
