"""What a message says to the bot, without what channels and clients put around it."""

from typing import NamedTuple

from botbuilder.schema import Activity

from bot.reading.mail import EMAIL, first_lines
from bot.reading.markup import without_markup
from bot.reading.mentions import without_mentions

#: Characters of a message that are read. A command is at the beginning; only markup may precede it.
TEXT_LENGTH = 8000


class Message(NamedTuple):
    """What a person said."""

    text: str  #: Without markup and without mentions of the bot.
    names_the_bot: bool = False
    names_others: bool = False


def _pressed(value: object) -> str:
    """Return the command of a card's button, where the channel sends it without a text; see `button`."""
    command = value.get("command") if isinstance(value, dict) else None
    return command if isinstance(command, str) else ""


def pressed_message(activity: Activity) -> str | None:
    """Return the channel's id of the message whose button was pressed; None if *activity* was written."""
    return activity.reply_to_id if not activity.text and _pressed(activity.value) else None


def read_message(activity: Activity) -> Message:
    """
    Return what the message *activity* says.

    `TurnContext.remove_recipient_mention` is not used: it fails without a recipient, and removes the bot's
    name from the rest of the text as well.
    """
    text = str(activity.text or _pressed(activity.value))[:TEXT_LENGTH]
    if text.isalnum() and not activity.entities:  # The common case.
        return Message(text)
    if activity.channel_id == EMAIL:
        text = first_lines(text)
    said = without_mentions(text, activity)
    return Message(without_markup(said.text), said.names_the_bot, said.names_others)
