"""Text from outside is cleaned of control and invisible characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text import escaped, has_control, one_line, plain

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
HEART = "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}"
PERSIAN = "می\N{ZERO WIDTH NON-JOINER}خواهم"

#: Format characters that are seen, or change what is.
SEEN = [FAMILY, HEART, PERSIAN, "\N{ARABIC NUMBER SIGN}5", "Zoë 日本語 한국어"]


@pytest.mark.parametrize("text", SEEN)
def test_what_emoji_and_scripts_need_stays(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        *("\u00ad", "\u061c", "\u180e", "\u200b", "\u200e", "\u200f", "\u2060", "\u3164", "\ufeff", "\ufff9"),
        *("\U000e0001", "\U000e0041", "\U000e007f", "\U000e0fff"),
    ],
)
def test_what_cannot_be_seen_is_left_out(hidden):
    """Two names that differ in it look alike, and a whole text can hide in tags."""
    assert plain(f"Ann{hidden}{hidden}a") == "Anna"


@pytest.mark.parametrize("turned", ["\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\n", "\x1b", "\u2028"])
def test_what_turns_or_ends_a_line_is_a_space(turned):
    assert plain(f"a{turned}{turned}b") == "a b"


def test_a_text_of_what_cannot_be_seen_alone_is_empty():
    assert one_line("\u200b\U000e0041\u3164 \u200e", 100) == ""


@given(st.text(st.characters() | st.characters(categories=["Cf", "Cc", "Zl", "Zp"])))
def test_what_is_left_is_left_the_second_time(text):
    assert plain(plain(text)) == plain(text)
    assert not {unicodedata.category(each) for each in plain(text)} & {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("text", [*SEEN, "two\nlines"])
def test_what_is_fit_is_logged_as_it_is(text):
    assert escaped(text) == text


def test_what_is_not_shown_is_escaped_in_logs_and_so_are_control_characters():
    characters = [character for character in map(chr, range(0x110000)) if character != "\n"]
    unfit = [character for character in characters if plain(character) != character]
    assert [character for character in unfit if not escaped(character).isascii()] == []
    assert {character for character in characters if has_control(character)} < set(unfit)


def test_a_row_of_variation_selectors_is_escaped_in_logs():
    assert escaped("a\U000e0100\U000e01ef") == r"a\U000e0100\U000e01ef"
