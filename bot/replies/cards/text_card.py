"""A card of text alone: the Agents Playground shows no Markdown in a text with suggested actions."""

import re

from bot.channels import Channel
from bot.replies.cards.elements import Element, card, text

#: Cards know no code; what people type stands out all the same.
_CODE = re.compile(r"`([^`\n]+)`")


def text_card(channel: Channel, said: str) -> Element:
    """Return a card that says *said*, paragraphs in Markdown."""
    body = [text(_CODE.sub(r"**\1**", paragraph)) for paragraph in said.split("\n\n")]
    return card(channel.card_version or "1.3", body, [], fallback=said, speak=_CODE.sub(r"\1", said))
