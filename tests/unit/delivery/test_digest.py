import json
from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from delivery.digest import TEXT_LIMIT, Digest, digests, text_size


@dataclass(frozen=True)
class Done:
    job_id: int
    title: str | None = None


def render(digest: Digest[Done]) -> str:
    """The least that any renderer says."""
    lines = [f"- {notice.job_id} {notice.title or ''}" for notice in digest.notices]
    head = f"{len(lines)} jobs are complete{', and waited for you' if digest.waited else ''}:"
    return "\n".join([head, *lines])


def size(digest: Digest[Done]) -> int:
    return text_size(render(digest))


def fewest(notices: list[Done], limit: int) -> int:
    """How many messages any split in order needs, by trying all of them."""
    needed = [0]
    for end in range(1, len(notices) + 1):
        starts = [s for s in range(end) if s == end - 1 or size(Digest(tuple(notices[s:end]))) <= limit]
        needed.append(1 + min(needed[start] for start in starts))
    return needed[-1]


backlogs = st.lists(
    st.builds(Done, st.integers(0, 2**53), st.none() | st.text(st.characters(), max_size=40)), max_size=25
)


@given(backlogs, st.integers(60, 600), st.booleans())
def test_every_notice_is_told_once_and_in_order(backlog, limit, waited):
    told = list(digests(backlog, waited=waited, size=size, limit=limit))
    assert [notice for digest in told for notice in digest.notices] == backlog
    assert all(digest.waited is waited for digest in told)


@given(backlogs, st.integers(60, 600))
def test_no_message_is_above_the_limit_unless_one_notice_alone_is(backlog, limit):
    for digest in digests(backlog, size=size, limit=limit):
        assert size(digest) <= limit or len(digest.notices) == 1


@given(backlogs, st.integers(60, 600))
def test_there_are_as_few_messages_as_fit(backlog, limit):
    assert len(list(digests(backlog, size=size, limit=limit))) == fewest(backlog, limit)


def test_nothing_owed_is_nothing_said():
    assert list(digests([], size=size)) == []


def test_one_notice_is_a_digest_of_one():
    assert list(digests([Done(1, "a")], size=size)) == [Digest((Done(1, "a"),))]


def test_200_ordinary_notices_fit_in_one_message():
    backlog = [Done(1_760_000_000_000_000 + number, "Quarterly figures") for number in range(200)]
    [digest] = digests(backlog, size=size)
    assert len(digest.notices) == 200


def test_a_long_backlog_is_never_rendered_whole():
    """A lane may hold far more than a message; the cost depends on the message only."""
    backlog = [Done(number, "x" * 100) for number in range(5_000)]
    rendered = []

    def counted(digest: Digest[Done]) -> int:
        rendered.append(len(digest.notices))
        return size(digest)

    first = next(digests(backlog, size=counted))
    assert max(rendered) < 2 * len(first.notices) + 1
    assert len(rendered) < 20


@given(st.text(st.characters()))
@example("\ud800")
def test_the_size_is_what_goes_over_the_wire_or_what_teams_counts(text):
    encoded = json.dumps(text, ensure_ascii=False)
    utf_16 = len(encoded.encode("utf-16-le", "surrogatepass"))
    utf_8 = len(encoded.encode("utf-8", "surrogatepass"))
    assert text_size(text) >= utf_16
    assert text_size(text) >= utf_8
    assert text_size(text) in (utf_16, utf_8)


def test_what_json_escapes_counts_as_escaped():
    assert text_size('"\n') == 2 * len(r'"\"\n"')
    assert text_size("漢" * 10) == 3 * 10 + 2
    assert TEXT_LIMIT < 40_000
