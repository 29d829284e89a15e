"""Whether a person or a program says a message. Two programs that answer each other never stop."""

from typing import Any

from botbuilder.schema import Activity

from bot.reading.mail import is_automatic

_PROGRAMS = frozenset({"bot", "skill"})  #: Roles, in lower case.


def is_said_by_a_program(activity: Activity) -> bool:
    """
    Return whether the message *activity* is the bot's own, another bot's, a channel's echo, or an automatic
    answer to a mail.

    An echo is marked by Facebook Messenger, and a bot's message by Slack, in the channel's own data:
    https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-echoes
    https://api.slack.com/events/message/bot_message
    """
    sender, recipient = activity.from_property, activity.recipient
    if sender is not None:
        if sender.id and recipient is not None and sender.id == recipient.id:
            return True
        if sender.role is not None and str(sender.role).lower() in _PROGRAMS:
            return True
    data = activity.channel_data
    return is_automatic(activity) or (isinstance(data, dict) and _is_marked(data))


def _is_marked(data: dict[str, Any]) -> bool:
    if _inner(data, "message").get("is_echo") is True:
        return True
    event = _inner(_inner(data, "SlackMessage"), "event")
    return event.get("subtype") == "bot_message" or bool(event.get("bot_id"))


def _inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}
