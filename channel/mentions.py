"""
Mention the person who asked, in a group chat of Teams, so that a notice alerts that person alone.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
"""

from html import escape

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationReference, Mention
from botframework.connector import Channels

from text import NAME_LENGTH, one_line

_GROUPS = frozenset({"groupChat", "channel"})


def mentioning(reference: ConversationReference, text: str) -> Activity | str:
    """Return *text* with a mention of who asked, where several people read it and are told apart."""
    person = reference.user
    if not _is_group(reference) or person is None or not person.id or not person.name:
        return text
    # Teams ignores a mention whose text does not stand in the message just so.
    mention = f"<at>{escape(one_line(person.name, NAME_LENGTH))}</at>"
    return Activity(type=ActivityTypes.message, text=f"{mention} {text}", entities=[_entity(person, mention)])


def _is_group(reference: ConversationReference) -> bool:
    conversation = reference.conversation
    return reference.channel_id == Channels.ms_teams and (
        bool(conversation.is_group) or conversation.conversation_type in _GROUPS
    )


def _entity(person: ChannelAccount, mention: str) -> Mention:
    return Mention(mentioned=ChannelAccount(id=person.id, name=person.name), text=mention, type="mention")
