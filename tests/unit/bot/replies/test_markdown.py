import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.replies.markdown import escape, paragraphs, quote

#: What str.splitlines and Markdown's renderers take for the end of a line.
_LINE_ENDS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BARE_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")

cells = st.text(st.characters() | st.sampled_from("|\\\n\r`<>&*_~[]/.@\x85\u2028"))


@given(cells)
@example("\\|")
@example("\\\\|")
@example("a\u2028b\x85c\x1cd\ve")
def test_escaped_text_never_ends_its_cell_or_its_line(text):
    assert not _LINE_ENDS.search(escape(text))
    assert not _BARE_PIPE.search(escape(text))


@given(cells)
def test_escaped_text_holds_no_tag_and_no_bare_mark(text):
    escaped = escape(text)
    assert not set("<>") & set(escaped)
    assert not set("`*_[]~#") & set(re.sub(r"\\.", "", escaped))
    assert all(re.match(r"&(amp|lt|gt);", escaped[match.start() :]) for match in re.finditer("&", escaped))


def test_plain_text_stays_as_it_is():
    assert escape("The night shift, 3rd floor - Zoë's 日本語 ünit.") == (
        "The night shift, 3rd floor - Zoë's 日本語 ünit."
    )


def test_a_tag_becomes_readable_text():
    assert escape("<b>&") == "&lt;b&gt;&amp;"


def test_the_reading_direction_cannot_be_reversed():
    assert escape("a\u202eb\u2066c") == "a b c"


def test_paragraphs_have_a_blank_line_between():
    assert paragraphs("a", "b") == "a\n\nb"


@pytest.mark.parametrize(
    "text, safe",
    [
        ("- x", "\\- x"),
        ("+ x", "\\+ x"),
        ("* x", "\\* x"),
        ("1. x", "1\\. x"),
        ("12) x", "12\\) x"),
        ("---", "\\---"),
        ("===", "\\==="),
        ("# x", "\\# x"),
        ("> x", "&gt; x"),
        (" \u200b- x", "\\- x"),
        ("    code", "code"),
        ("a - b", "a - b"),
        ("1.5", "1\\.5"),
    ],
)
def test_nothing_at_the_start_of_a_line_makes_a_list_a_rule_a_heading_or_code(text, safe):
    assert escape(text) == quote(text) == safe


@pytest.mark.parametrize(
    "text, quoted",
    [
        ("see https://evil.example/x?a=b_c", "see `https://evil.example/x?a=b_c`"),
        ("evil.example", "`evil.example`"),
        ("WWW.x", "`WWW.x`"),
        ("zoe@evil.example", "`zoe@evil.example`"),
        ("mailto:zoe", "`mailto:zoe`"),
        ("//evil", "`//evil`"),
        ("evil\u3002example", "`evil\u3002example`"),
        ("10.0.0.1", "`10.0.0.1`"),
        ("[x](http://evil.example)", "`[x](http://evil.example)`"),
        ("<http://evil.example>", "&lt;`http://evil.example`&gt;"),
        ("`http://evil.example`", "\\``http://evil.example`\\`"),
        ("a|evil.example|b", "a\\|`evil.example`\\|b"),
        ("- http://evil.example", "\\- `http://evil.example`"),
        ("ev\u200bil.exa\U000e0061mple", "`evil.example`"),
        ("v1.2 of *it* at 12:30", "v1.2 of \\*it\\* at 12:30"),
    ],
)
def test_in_what_is_quoted_nothing_becomes_a_link(text, quoted):
    """Otherwise users would trust a link from a stranger because the bot posted it."""
    assert quote(text) == quoted


def test_in_what_is_escaped_an_address_stays_one():
    assert escape("see https://good.example/x") == "see https://good.example/x"


@given(cells)
def test_quoted_text_never_ends_its_cell_or_its_line(text):
    assert not _LINE_ENDS.search(quote(text))
    assert not _BARE_PIPE.search(quote(text))


@pytest.mark.parametrize(
    "text, said",
    [
        ("https://a.example/_build?a=1&b=2", "https://a.example/_build?a=1&b=2"),
        ("see https://a.example/a_b/(c)#d, *now*", "see https://a.example/a_b/(c)#d, \\*now\\*"),
        ("https://a.example/x_/*|`[y]", "https://a.example/x%5F/%2A%7C%60%5By%5D"),
        ("https://a.example/?a=1&copy;=2&copy=3", "https://a.example/?a=1&amp;copy;=2&copy=3"),
        ("HTTP://A.example/~me", "HTTP://A.example/%7Eme"),
        ("a_b <https://a.example>", "a\\_b &lt;https://a.example&gt;"),
    ],
)
def test_an_address_in_a_title_leads_where_the_person_meant(text, said):
    assert escape(text) == said


@given(st.text(st.sampled_from('ab_*|`[]~&;#/?=()\\<>" .,'), max_size=40))
def test_whatever_is_in_an_address_nothing_in_it_is_markdown(rest):
    escaped = escape(f"https://a.example/{rest}")
    assert not _BARE_PIPE.search(escaped)
    assert not set("`*[]~<>") & set(re.sub(r"\\.", "", escaped))
