"""
Mention the people who asked, in a group chat of Teams, so that a notice alerts them alone.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
"""

from collections.abc import Sequence
from html import escape

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationReference, Mention
from botframework.connector import Channels

from text import NAME_LENGTH, one_line

_GROUPS = frozenset({"groupChat", "channel"})

#: People whom one message mentions; of more, the first ones.
_MENTIONED = 20


def mentioning(references: Sequence[ConversationReference], text: str) -> Activity | str:
    """Return *text* with mentions of those who asked: *references* are those of the message's jobs."""
    people = {each.user.id: each.user for each in references if _is_known(each.user)}
    if not people:
        return text
    mentions = [_mention(person) for person in list(people.values())[:_MENTIONED]]
    named = " ".join(str(mention.text) for mention in mentions)
    return Activity(type=ActivityTypes.message, text=f"{named} {text}", entities=mentions)


def is_group(reference: ConversationReference) -> bool:
    """Return whether several people read the conversation, and are told apart there."""
    conversation = reference.conversation
    return reference.channel_id == Channels.ms_teams and (
        bool(conversation.is_group) or conversation.conversation_type in _GROUPS
    )


def _is_known(person: ChannelAccount | None) -> bool:
    return person is not None and bool(person.id) and bool(person.name)


def _mention(person: ChannelAccount) -> Mention:
    # Teams ignores a mention whose text does not stand in the message just so.
    text = f"<at>{escape(one_line(person.name, NAME_LENGTH))}</at>"
    return Mention(mentioned=ChannelAccount(id=person.id, name=person.name), text=text, type="mention")
