"""
Who a message is addressed to: mentions in its entities, and as channels write them into the text.

* Teams and Skype: ``<at>Jobs Bot</at>``, ``<at id="28:…">Jobs Bot</at>``. The entities stand in the same
  order; their text may be missing, or differ in case and escapes.
* Slack: ``<@U0123>``, ``<@U0123|name>``.
* Telegram: ``/run@jobs_bot``.
* Other group chats: ``@Jobs Bot`` at the beginning.

A mention of the bot is removed; one of somebody else becomes the name.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from botbuilder.schema import Activity
from botframework.connector import Channels

from bot.reading.folding import folded

ENTITIES = 250  #: Entities of a message that are searched for mentions.

_NAME_LENGTH = 300  # Characters of a name that are compared.

_TAG = re.compile(r"<at(?:\s([^<>]{0,300}))?>(.{0,300}?)</at\s{0,9}>", re.IGNORECASE | re.DOTALL)
_TAG_ID = re.compile(r"""\bid\s{0,9}=\s{0,9}["']?([^"'\s>]{1,300})""", re.IGNORECASE)
_SLACK = re.compile(r"<@([A-Z0-9]{1,60})(?:\|([^<>|]{0,100}))?>")
_TELEGRAM = re.compile(r"(\s{0,9}/\w{1,64})@(\w{1,64})\b")


class Addressed(NamedTuple):
    """A text without mentions of the bot."""

    text: str
    names_the_bot: bool
    names_others: bool


class _Mention(NamedTuple):
    """A mention in the entities."""

    id: str | None
    name: str
    text: str


class _Names:
    """Who is mentioned, while one message is read."""

    def __init__(self, activity: Activity) -> None:
        bot = activity.recipient
        self.bot_id: str | None = bot.id if bot is not None else None
        self.bot_name = _name(bot.name or "") if bot is not None else ""
        self.mentions = list(_mentions(activity))
        self.bot = any(self.is_bot(each.id) for each in self.mentions)
        self.others = any(each.id is not None and not self.is_bot(each.id) for each in self.mentions)
        self._known = {
            _name(name): self.is_bot(each.id)
            for each in self.mentions
            for name in (each.name, each.text)
            if name
        }

    def is_bot(self, user_id: str | None) -> bool:
        """Say whether *user_id* is the bot's; a mention without an id is nobody's."""
        return user_id is not None and user_id == self.bot_id

    def is_bots_name(self, name: str) -> bool:
        return bool(self.bot_name) and _name(name) == self.bot_name

    def note(self, *, bot: bool) -> bool:
        """Note that the bot, or somebody else, is mentioned; return *bot*."""
        self.bot, self.others = self.bot or bot, self.others or not bot
        return bot

    def means_the_bot(self, name: str, tag_id: str, carried: _Mention | None) -> bool:
        """Decide by the tag's id, an entity of this name, a nameless one at its place, or the bot's name."""
        if self.is_bot(html.unescape(tag_id)):
            return True
        known = self._known.get(_name(name))
        if known is not None:
            return known
        nameless = carried is not None and not (carried.name or carried.text)
        return self.is_bot(carried.id) if carried and nameless else self.is_bots_name(name)


def without_mentions(text: str, activity: Activity) -> Addressed:
    """Return *text*, of the message *activity*, without mentions of the bot, and who is mentioned."""
    names = _Names(activity)
    if "<" in text:
        text = _SLACK.sub(lambda match: _slack(match, names), _without_tags(text, names))
    for each in names.mentions:
        # Replacing an empty text would add a space around each character and double the text each time.
        if each.text and names.is_bot(each.id):
            text = text.replace(each.text, " ")
    if activity.channel_id == Channels.telegram:
        text = _TELEGRAM.sub(lambda match: _telegram(match, names), text, count=1)
    return Addressed(_without_salutation(text, names), names.bot, names.others)


def _without_tags(text: str, names: _Names) -> str:
    in_order: Iterator[_Mention] = iter(())
    if len(names.mentions) == len(_TAG.findall(text)):
        in_order = iter(names.mentions)

    def tag(match: re.Match[str]) -> str:
        tag_id = _TAG_ID.search(match[1] or "")
        bot = names.means_the_bot(match[2], tag_id[1] if tag_id else "", next(in_order, None))
        return " " if names.note(bot=bot) else match[2]

    return _TAG.sub(tag, text)


def _slack(match: re.Match[str], names: _Names) -> str:
    user_id, name = match[1], match[2] or ""
    bot = user_id == (names.bot_id or "").partition(":")[0] or names.is_bots_name(name)
    return " " if names.note(bot=bot) else name or f"@{user_id}"


def _telegram(match: re.Match[str], names: _Names) -> str:
    bot = names.is_bots_name(match[2]) or folded(match[2]) == folded(names.bot_id or "")
    return match[1] if names.note(bot=bot) else match[0]


def _without_salutation(text: str, names: _Names) -> str:
    """Return *text* without an ``@name`` of the bot at its beginning."""
    said, end = text.lstrip(), 1 + len(names.bot_name)
    if not (names.bot_name and said.startswith("@")) or said[end : end + 1].isalnum():
        return text
    return said[end:] if folded(said[1:end]) == names.bot_name and names.note(bot=True) else text


def _mentions(activity: Activity) -> Iterator[_Mention]:
    for entity in islice(activity.entities or (), ENTITIES):
        said = entity.additional_properties
        mentioned = said.get("mentioned")
        if str(entity.type).lower() != "mention" or not isinstance(mentioned, dict):
            continue
        user_id = mentioned.get("id")
        yield _Mention(
            user_id if isinstance(user_id, str) else None,
            _text(mentioned.get("name"))[:_NAME_LENGTH],
            _text(said.get("text")),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(text: str) -> str:
    """Return a name, or the text of a mention, in the form in which names are compared."""
    text = text[:_NAME_LENGTH].strip()
    inner = _TAG.fullmatch(text)
    return folded(html.unescape(inner[2] if inner else text).strip().removeprefix("@"))
