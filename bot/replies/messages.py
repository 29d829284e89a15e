"""A message as its channel shows it: text, a card, and suggested actions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from botbuilder.schema import ActionTypes, Activity, ActivityTypes, Attachment, CardAction, SuggestedActions

from bot.channels import SUGGESTIONS, Channel
from bot.replies.cards.elements import CONTENT_TYPE, Element
from bot.replies.cards.text_card import text_card

#: Makes the card for a channel that shows cards.
MakeCard = Callable[[Channel], Element]

_SUMMARY = 200  # Characters of what a notification shows.


def message(
    channel: Channel,
    text: str,
    make_card: MakeCard | None = None,
    *,
    beside: bool = False,
    suggestions: Sequence[str] = (),
) -> Activity | str:
    """
    Return what to send: *text* alone if the channel shows no more.

    A card says what the text says, so it takes its place, unless the text should stand *beside* it and the
    channel can do that. The beginning of the text is then the summary, which a notification shows.
    """
    suggested = tuple(suggestions[:SUGGESTIONS]) if channel.suggested_actions else ()
    if suggested and make_card is None:
        make_card = partial(text_card, said=text)
    has_card = make_card is not None and channel.card_version is not None
    if not has_card and not suggested:
        return text
    more: dict[str, Any] = {}
    if make_card is not None and channel.card_version is not None:
        more["attachments"] = [Attachment(content_type=CONTENT_TYPE, content=make_card(channel))]
        more["summary"] = text.partition("\n")[0][:_SUMMARY]
    if suggested:
        actions = [CardAction(type=ActionTypes.im_back, title=each, value=each) for each in suggested]
        more["suggested_actions"] = SuggestedActions(to=[], actions=actions)
    shown = text if not has_card or (beside and channel.text_beside_card) else None
    return Activity(type=ActivityTypes.message, text=shown, **more)
