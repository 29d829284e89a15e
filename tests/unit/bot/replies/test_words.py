import pytest

from bot.replies.markdown import code_block
from bot.replies.words import ENGLISH


@pytest.mark.parametrize(
    "seconds, said",
    [
        (None, ""),
        (0, "0 ms"),
        (0.25, "250 ms"),
        (1, "1 sec"),
        (59.6, "1 min"),
        (252, "4 min 12 sec"),
        (3600, "1 hr"),
        (3605, "1 hr"),
        (90_061, "1 day 1 hr"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, said):
    assert ENGLISH.duration(seconds) == said


def test_counts_have_their_plural():
    count = [ENGLISH.count("{count} job", "{count} jobs", number) for number in (0, 1, 1234)]
    assert count == ["0 jobs", "1 job", "1,234 jobs"]


def test_of_a_log_the_end_is_shown_and_that_something_is_missing():
    assert code_block("a\nb\nc", lines=2, length=100) == "```\n…\nb\nc\n```"
    assert code_block("abcdef", lines=2, length=3) == "```\n…\ndef\n```"
    assert code_block("a\x1b[1mb", lines=1, length=10) == "```\na [1mb\n```"
