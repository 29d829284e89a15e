"""Signals that a conversation accepts messages: users' messages, installing and removing the app."""

from collections.abc import Iterable
from itertools import islice

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount

from text import plain

MEMBERS = 1000  #: Members added or removed in one activity; the size of Teams' largest group chat.

_ID_LENGTH = 1024  # Of a member's id; the same limit as for a sender's id.


def installs(activity: Activity) -> bool:
    """Return whether *activity* says that the app was installed; an upgrade is no news to anybody."""
    return bool(activity.type == ActivityTypes.installation_update and str(activity.action) == "add")


def is_with_one_person(activity: Activity) -> bool:
    """Return whether the conversation is a personal chat, as Teams says."""
    return bool(activity.conversation.conversation_type == "personal")


def lets_us_speak(activity: Activity) -> bool:
    """Return whether *activity* shows that the bot may send: a user's message, or the bot was added."""
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
    Return whether *activity* means that the bot can no longer send: the app or the bot was removed.

    An upgrade also removes the app ("remove-upgrade") but adds it again at once.
    """
    match activity.type:
        case ActivityTypes.installation_update:
            return str(activity.action) == "remove"
        case ActivityTypes.conversation_update:
            return _has_the_bot(activity, activity.members_removed)
    return False


def is_the_bot(activity: Activity, member: ChannelAccount) -> bool:
    """Return whether *member* is the bot that received *activity*."""
    return bool(activity.recipient is not None and member.id == activity.recipient.id)


def known(members: Iterable[ChannelAccount | None] | None) -> list[ChannelAccount]:
    """
    Return the members with a valid id, at most `MEMBERS`; clients may also send null as a member.

    Every one of them is stored, hence the limit: no channel has larger conversations.
    """
    found = (member for member in members or () if member is not None and _is_id(member.id))
    return list(islice(found, MEMBERS))


def _has_the_bot(activity: Activity, members: Iterable[ChannelAccount | None] | None) -> bool:
    return any(is_the_bot(activity, member) for member in known(members))


def _is_id(value: str | None) -> bool:
    return value is not None and 0 < len(value) <= _ID_LENGTH and plain(value) == value
