"""The language and the time zone of the person who sent an activity, as clients say them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from botbuilder.schema import Activity

from bot.replies.words import ENGLISH, Words, words_for

_ENTITIES = 20  #: Entities that are searched; Teams sends three.

_LENGTH = 60  # Characters of a locale or a zone.


def words_of(activity: Activity) -> Words:
    """
    Return the words for who sent *activity*.

    The locale is the activity's own, or Teams' of its client; the zone is said by Teams, and by Web Chat.
    """
    locale, zone = activity.locale, activity.local_timezone
    if not activity.entities:
        if locale is None and zone is None:
            return ENGLISH
    elif locale is None or zone is None:
        for said in _client_infos(activity):
            locale, zone = locale or said.get("locale"), zone or said.get("timezone")
    return words_for(_text(locale), _text(zone))


def zone_named_in(activity: Activity) -> str | None:
    """Return the name of the sender's time zone; None if the client does not say it."""
    zones = (said.get("timezone") for said in _client_infos(activity))
    return next(filter(None, map(_text, (activity.local_timezone, *zones))), None)


def _client_infos(activity: Activity) -> Iterator[dict[str, Any]]:
    for entity in islice(activity.entities or (), _ENTITIES):
        if getattr(entity, "type", None) == "clientInfo":
            yield dict(entity.additional_properties or {})


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LENGTH else None
