"""Every text of the bot, in every language that it has; and languages that it does not have yet."""

import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from bot.replies import help_texts, texts
from bot.replies.words import ENGLISH, LANGUAGES, Words, languages, read_catalogue, words_for
from tests.unit.bot.replies.test_texts import HERE_AND_THERE, NOON
from time_zones import zone_of

BOT = Path(__file__).parents[4] / "bot"
CATALOGUES = sorted(LANGUAGES.glob("*.po"))

#: What a translation must have as the English has it: values, and what people type.
_KEPT = re.compile(r"\{\w+\}|`[^`]+`")

Text = str | tuple[str, str]


def in_the_code() -> set[Text]:
    """Return every text that the bot says; two forms where it counts."""
    found: set[Text] = set()
    keywords = {"say": None, "noted": None, "count": (1, 2)}
    for _, _, message, _, _ in extract_from_dir(BOT, method_map=[("**.py", "python")], keywords=keywords):
        found.add(message if isinstance(message, str) else (message[0], message[1]))
    return found


def translations(file: Path) -> dict[Text, Any]:
    return {each.id: each for each in read_po(io.BytesIO(file.read_bytes())) if each.id}


def forms(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_no_text_hides_within_another_where_it_would_not_be_found():
    """Babel reads no calls within f-strings of Python 3.11."""
    hidden = re.compile(r"\{\w*words\.(say|count)\(")
    assert [file.name for file in BOT.rglob("*.py") if hidden.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_language_has_every_text_and_none_that_is_not_said_any_more(file):
    assert in_the_code() == translations(file).keys()


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_translation_is_whole_and_keeps_values_and_commands(file):
    count = Catalog(locale=file.stem).num_plurals
    for english, each in translations(file).items():
        said = forms(each.string)
        assert not each.fuzzy, english
        assert len(said) == (1 if isinstance(english, str) else count), english
        assert all(said), english
        kept = {*_KEPT.findall(forms(english)[-1])}
        assert all({*_KEPT.findall(form)} == kept for form in said), english


@pytest.mark.parametrize(
    "locale, language",
    [
        ("de", "de"),
        ("de-DE", "de"),
        ("de_AT", "de"),
        ("DE", "de"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("deutsch", "en"),
        ("", "en"),
        (None, "en"),
        ("../de", "en"),
        ("de\0", "en"),
    ],
)
def test_the_language_is_the_clients_or_english(locale, language):
    assert words_for(locale).locale.language == language


@given(st.text(), st.text())
def test_whatever_a_client_says_there_are_words(locale, zone):
    assert words_for(locale, zone).say("running") in {"running", "läuft"}


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/localtime", "Europe/Nowhere", "Europe", "x" * 100, "", None],
)
def test_a_zone_that_there_is_not_means_utc(name):
    assert zone_of(name) is None
    assert words_for("de", name).zone_name == "UTC"


def test_numbers_dates_and_durations_are_those_of_the_language():
    german = words_for("de-DE", "Europe/Berlin")
    assert german.number(1234) == "1.234"
    assert german.percent(0.5).replace("\xa0", " ") == "50 %"
    assert german.duration(252) == "4 Min. 12 Sek."
    assert german.moment(NOON) == "29.\N{NO-BREAK SPACE}Feb. 2024 13:00 Europe/Berlin"
    assert ENGLISH.moment(NOON) == "Feb 29, 2024 12:00 UTC"


def pseudo(language: str) -> Words:
    """Return the words of a language that is made of marks around the English, and counts as the real one."""
    catalogue = Catalog(locale=language, fuzzy=False)
    for english in in_the_code():
        if isinstance(english, str):
            catalogue.add(english, f"⟦{english}⟧")
        else:
            numbered = [f"⟦{place}: {english[1]}⟧" for place in range(catalogue.num_plurals)]
            catalogue.add(english, tuple(numbered))
    text = io.BytesIO()
    write_po(text, catalogue)
    return Words(Locale(language), read_catalogue(text.getvalue()))


@pytest.mark.parametrize(
    "language, forms_of",
    [
        ("pl", {1: 0, 2: 1, 4: 1, 5: 2, 12: 2, 21: 2, 22: 1}),
        ("ar", {0: 0, 1: 1, 2: 2, 3: 3, 11: 4, 100: 5}),
        ("ja", {1: 0, 2: 0}),
    ],
)
def test_a_language_counts_in_its_own_way(language, forms_of):
    words = pseudo(language)
    for number, form in forms_of.items():
        assert words.count("{count} job", "{count} jobs", number).startswith(f"⟦{form}: ")


@pytest.mark.parametrize("language", ["ar", "he", "pl"])
def test_every_answer_can_be_said_in_any_language(language):
    words = pseudo(language)
    assert words.right_to_left is (language != "pl")
    for said in answers(words):
        for part in said.split("\n\n"):
            assert part.startswith(("⟦", "- ", "**⟦")), part


def answers(words: Words) -> Iterator[str]:
    yield help_texts.help_text(words)
    yield from (help_texts.help_text(words, topic) for topic in ("run", "show", "watch", "mute"))
    yield help_texts.not_understood(words, "runn", "run")
    yield texts.welcome(words, ["Ann"])
    yield texts.job_log(words, *HERE_AND_THERE)


def test_english_needs_no_catalogue():
    assert "en" in languages()
    assert isinstance(gettext.NullTranslations(), type(ENGLISH._texts))
