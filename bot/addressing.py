"""Whether a message in a group is meant for the bot."""

from botbuilder.schema import Activity
from botframework.connector import Channels

from bot.commands import Command, Help
from bot.reading.commands import is_complete
from bot.reading.message import Message

_GROUPS = frozenset({"groupChat", "channel"})  #: Conversation types of Teams.


def is_for_the_bot(activity: Activity, message: Message, command: Command) -> bool:
    """
    Return whether the bot should react to *message*, the text of *activity*, which says *command*.

    In a personal chat it always should. In a group it must be mentioned; where a channel sends no mentions, a
    complete command will do, unless somebody else is addressed.
    """
    conversation = activity.conversation
    if not (conversation.is_group or conversation.conversation_type in _GROUPS) or message.names_the_bot:
        return True
    if activity.channel_id == Channels.ms_teams or conversation.conversation_type is not None:
        return False
    if message.names_others:
        return False
    # Telegram shows a bot what begins with a slash, and a person picks it from a list of commands.
    is_slash_command = activity.channel_id == Channels.telegram and message.text.lstrip().startswith("/")
    return is_complete(command) or (is_slash_command and not isinstance(command, Help))
