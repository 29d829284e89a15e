import re

from hypothesis import example, given
from hypothesis import strategies as st

from bot.replies.markdown import escape, paragraphs, table

#: What str.splitlines and Markdown's renderers take for the end of a line.
_LINE_ENDS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BARE_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")

cells = st.text(st.characters() | st.sampled_from("|\\\n\r`<>&*_~[]\x85\u2028"))


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


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5))
def test_a_table_of_escaped_cells_has_the_rows_and_columns_it_was_given(rows):
    lines = table(["a", "b", "c"], [[escape(cell) for cell in row] for row in rows]).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(len(_BARE_PIPE.findall(line)) == 4 for line in lines)


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
