"""
What each channel can show, in one table.

Sources: https://learn.microsoft.com/adaptive-cards/resources/partners for cards,
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages for Teams,
https://github.com/microsoft/BotFramework-WebChat and …/BotFramework-Emulator for their versions of cards,
https://learn.microsoft.com/azure/bot-service/bot-service-channels-reference for suggested actions.
"""

from typing import NamedTuple

from botframework.connector import Channels


class Channel(NamedTuple):
    """What one channel can show. By default it has text alone."""

    #: The version of Adaptive Cards to write; None where cards are not shown.
    card_version: str | None = None
    #: Whether a message may have a text and a card. Teams would make two messages of it, without an id.
    text_beside_card: bool = True
    #: Whether it shows suggested actions. Teams shows three of them at most.
    suggested_actions: bool = False
    #: Whether a message can be changed after it was sent.
    updates: bool = False
    #: Elements of cards that this channel alone has.
    has_progress_bar: bool = False


_CHANNELS = {
    Channels.ms_teams.value: Channel(
        card_version="1.5",
        text_beside_card=False,
        suggested_actions=True,
        updates=True,
        has_progress_bar=True,
    ),
    # The Emulator refuses cards of 1.4, and Direct Line loses parts of them.
    Channels.emulator.value: Channel(card_version="1.3", suggested_actions=True),
    Channels.webchat.value: Channel(card_version="1.3", suggested_actions=True),
    Channels.direct_line.value: Channel(card_version="1.3", suggested_actions=True),
    # As quick replies, and without cards.
    Channels.facebook.value: Channel(suggested_actions=True),
    Channels.line.value: Channel(suggested_actions=True),
    Channels.telegram.value: Channel(suggested_actions=True),
}

_TEXT_ALONE = Channel()

#: Suggested actions of a message, at most.
SUGGESTIONS = 3


def channel_named(channel_id: str | None) -> Channel:
    """Return what the channel can show; one that is not in the table has text alone."""
    return _CHANNELS.get(channel_id or "", _TEXT_ALONE)
