"""Whether a conversation lets the bot speak: people speaking, and the app coming and going."""

from collections.abc import Iterable

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount

from state.text import plain


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
    """Return those of *members* that have a plain id; clients also send nothing at all in their place."""
    return [each for each in members or () if each is not None and each.id and plain(each.id) == each.id]


def _has_the_bot(activity: Activity, members: Iterable[ChannelAccount | None] | None) -> bool:
    return any(is_the_bot(activity, member) for member in known(members))
