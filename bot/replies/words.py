"""
Texts, numbers, durations and times in the language of who reads them.

English is in the code; the other languages are gettext catalogues in `languages/`, read at first use.
"""

import gettext
import io
import re
from datetime import UTC as UTC_ZONE
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from time_zones import zone_of

LANGUAGES = Path(__file__).parent / "languages"

_ENGLISH = "en"

_UNITS = ((86_400, "duration-day"), (3_600, "duration-hour"), (60, "duration-minute"), (1, "duration-second"))

_ORDINAL = re.compile(r"^(\d+[.)]) ")

_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE | re.ASCII)


def noted(text: str) -> str:
    """Return *text*, which `Words.say` gets later: so it is found for the catalogues."""
    return text


class Words:
    """Says things in one language, and tells times in one zone."""

    def __init__(
        self, locale: Locale, texts: gettext.NullTranslations, zone: tzinfo = UTC_ZONE, zone_name: str = "UTC"
    ) -> None:
        """Say what *texts* have, with dates and numbers as in *locale*."""
        self.locale = locale
        self.zone = zone
        self.zone_name = zone_name
        self._texts = texts
        # Babel takes 13 us, and most of what is shown began in the last few minutes.
        self._dated = lru_cache(128)(self._format)

    @property
    def right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return self.locale.text_direction == "rtl"

    def say(self, text: str, /, **values: object) -> str:
        """Return *text*, with *values* in the places of their names."""
        said = self._texts.gettext(text)
        return said.format(**values) if values else said

    def count(self, one: str, several: str, count: int, /, **values: object) -> str:
        """Return the text for so many; ``{count}`` in it is the number."""
        said = self._texts.ngettext(one, several, count)
        return said.format(count=self.number(count), **values)

    def number(self, value: int) -> str:
        """Return such as ``1,234``."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        """Return such as ``50%``; *share* is from 0 to 1."""
        return format_percent(share, locale=self.locale)

    def duration(self, seconds: float | None) -> str:
        """Return *seconds* in its two largest units, such as ``4 min 12 sec``; an empty text for None."""
        if seconds is None:
            return ""
        if seconds < 1:
            return self._unit(round(seconds * 1000), "duration-millisecond")
        left, parts = round(seconds), []
        for size, unit in _UNITS:
            count, left = divmod(left, size)
            if count:
                parts.append(self._unit(count, unit))
            elif parts:
                break
        return " ".join(parts[:2])

    def day_and_time(self, instant: datetime) -> str:
        """Return such as ``Feb 29 12:00``."""
        return self._dated("MMMd", instant.replace(second=0, microsecond=0))

    def moment(self, instant: datetime) -> str:
        """Return such as ``Feb 29, 2024 12:00 UTC``."""
        return f"{self._dated('yMMMd', instant.replace(second=0, microsecond=0))} {self.zone_name}"

    def _format(self, skeleton: str, minute: datetime) -> str:
        local = minute.astimezone(self.zone)
        # In Markdown "27. Nov." with a space begins a list.
        day = _ORDINAL.sub("\\1\N{NO-BREAK SPACE}", format_skeleton(skeleton, local, locale=self.locale))
        return f"{day} {format_time(local, 'HH:mm', locale=self.locale)}"

    def _unit(self, count: int, unit: str) -> str:
        return format_unit(count, unit, length="short", locale=self.locale)


def words_for(locale: str | None, zone: str | None = None) -> Words:
    """
    Return the words for a client's *locale*, such as ``de-DE``, and its *zone*, such as ``Europe/Berlin``.

    A language without a catalogue is answered in English; an unknown zone means UTC.
    """
    match = _LANGUAGE.match(locale or "")
    language = match[0].lower() if match else _ENGLISH
    return _words(language if language in languages() else _ENGLISH, zone)


@lru_cache(1)
def languages() -> frozenset[str]:
    """Return the languages that there are texts in."""
    return frozenset({_ENGLISH, *(file.stem for file in LANGUAGES.glob("*.po"))})


@lru_cache(512)
def _words(language: str, zone: str | None) -> Words:
    known = zone_of(zone)
    given = (known, zone or "") if known is not None else (UTC_ZONE, "UTC")
    return Words(Locale(language), _catalogue(language), *given)


@lru_cache(64)
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == _ENGLISH:
        return gettext.NullTranslations()
    return read_catalogue((LANGUAGES / f"{language}.po").read_bytes())


def read_catalogue(text: bytes) -> gettext.GNUTranslations:
    """Return the catalogue in *text*, in the form of a ``.po`` file."""
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text)))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


#: For whoever names no language.
ENGLISH = words_for(None)
