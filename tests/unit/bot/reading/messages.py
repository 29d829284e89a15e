"""Message activities, as clients send them."""

from typing import Any

from botbuilder.schema import Activity

from wire import from_dict

BOT = {"id": "bot", "name": "Bot"}


def message(text: object, *mentions: dict[str, Any], **fields: Any) -> Activity:
    """Return a message to the bot, from a personal chat of the Emulator unless *fields* say otherwise."""
    document = {
        "type": "message",
        "channelId": "emulator",
        "recipient": BOT,
        "conversation": {"id": "c"},
        "text": text,
        "entities": list(mentions),
        **fields,
    }
    return from_dict(Activity, document)


def mention(who: object, text: object = None) -> dict[str, Any]:
    """Return the entity that mentions *who*."""
    return {"type": "mention", "mentioned": who, "text": text}
