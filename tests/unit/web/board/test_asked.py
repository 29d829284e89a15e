"""The board's search: what is asked for as one text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.job import JobId, JobStatus
from jobs.listing import JobsAsked, Telling
from jobs.redelivery import LetterFilter
from web.board.asked import search_jobs, search_letters

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def search(text, *, with_titles=True):
    return search_jobs(text, size=5, before=JobId(9), now=NOW, with_titles=with_titles)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("state:failed", {"statuses": {JobStatus.FAILED}}),
        ("state:open", {"statuses": {JobStatus.QUEUED, JobStatus.RUNNING}}),
        ("told:no", {"telling": Telling.WAITING}),
        ("told:dead asker:ann", {"telling": Telling.GIVEN_UP, "asker": "*ann*"}),
        ('title:"nightly report"', {"title": "*nightly report*"}),
        ("nightly*", {"title": "nightly*"}),
        ("since:2h", {"since": NOW - timedelta(hours=2)}),
        ("since:2026-11-26", {"since": datetime(2026, 11, 26, tzinfo=UTC)}),
        ("since:2026-11-26T10:00+01:00", {"since": datetime(2026, 11, 26, 9, tzinfo=UTC)}),
    ],
)
def test_each_term_narrows_the_search(text, fields):
    found = search(text)
    assert (found.asked, found.faults) == (JobsAsked(size=5, before=JobId(9), **fields), [])


@pytest.mark.parametrize("text", ["state:x", "told:x", "since:x", "since:99999999h", "bogus:x"])
def test_what_is_not_understood_is_said(text):
    assert len(search(text).faults) == 1


def test_hidden_titles_cannot_be_searched():
    """Else each letter of one could be found out by asking for it."""
    found = search("title:a* b", with_titles=False)
    assert found.asked.title is None
    assert len(found.faults) == 2


def test_letters_are_found_by_reason_kind_job_and_system():
    found = search_letters('reason:"403 Blocked" kind:succeeded job:42 system:ci')
    assert found.which == LetterFilter("403 Blocked", "succeeded", JobId(42), "ci")
    assert search_letters(str(found.which)) == found
    assert search_letters("job:x").faults and search_letters("job:" + "9" * 40).faults


@given(st.text(max_size=500))
def test_no_text_breaks_a_search(text):
    search(text)
    search_letters(text)
