"""Whether a conversation lets the bot speak: people speaking, and the app coming and going."""

from collections.abc import Iterable
from itertools import islice

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount

from text import plain

MEMBERS = 1000  #: Who come or go in one activity; Teams' largest group chat.

_ID_LENGTH = 1024  # Of a member's id, as of a sender's.


def lets_us_speak(activity: Activity) -> bool:
    """Say whether *activity* shows that messages are welcome: a person's words, or the bot being let in."""
    match activity.type:
        case ActivityTypes.message:
            return True
        case ActivityTypes.installation_update:
            return str(activity.action) in ("add", "add-upgrade")
        case ActivityTypes.contact_relation_update:
            return str(activity.action) == "add"
        case ActivityTypes.conversation_update:
            return _has_the_bot(activity, activity.members_added)
    return False


def shuts_us_out(activity: Activity) -> bool:
    """
    Say whether *activity* means that no message will be taken: the app uninstalled, the bot removed.

    An upgrade removes the app as well ("remove-upgrade"), but adds it again at once.
    """
    match activity.type:
        case ActivityTypes.installation_update:
            return str(activity.action) == "remove"
        case ActivityTypes.conversation_update:
            return _has_the_bot(activity, activity.members_removed)
    return False


def is_the_bot(activity: Activity, member: ChannelAccount) -> bool:
    """Say whether *member* is the bot that *activity* was sent to."""
    return bool(activity.recipient is not None and member.id == activity.recipient.id)


def known(members: Iterable[ChannelAccount | None] | None) -> list[ChannelAccount]:
    """
    Return those of *members* that have an id we can keep; clients also send nothing at all in their place.

    As many at once as any channel has in a conversation: each is remembered.
    """
    found = (member for member in members or () if member is not None and _is_id(member.id))
    return list(islice(found, MEMBERS))


def _has_the_bot(activity: Activity, members: Iterable[ChannelAccount | None] | None) -> bool:
    return any(is_the_bot(activity, member) for member in known(members))


def _is_id(value: str | None) -> bool:
    return value is not None and 0 < len(value) <= _ID_LENGTH and plain(value) == value
