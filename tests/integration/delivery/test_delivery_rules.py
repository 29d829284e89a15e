"""What the channel says to a notice, and what becomes of it: each row of docs/explanation/delivery.md."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from app import build_app
from compose import Meters, Surroundings
from instants import utc_now
from jobs.changes import FinishJob
from jobs.job import JobId
from jobs.notice import DeadLetter
from state.store.opening import open_store
from tests.fakes.bot_server import BotServer
from tests.fakes.delivery_counters import DeliveryCounters
from tests.fakes.fake_connector import Answer, FakeConnector
from tests.fakes.fake_identity import TOKEN, FakeIdentity
from tests.fakes.token_mint import APP_ID

ATTEMPTS = 3
SEND_TIMEOUT = 1.5  # seconds
HTML = "<html><body>Bad gateway</body></html>"


@pytest.fixture
def retry_max_age() -> float:
    """Seconds: attempts alone decide when a notice is given up."""
    return 1e-6


@pytest.fixture
def config(config, retry_max_age):
    return config.model_copy(
        update={
            "retry_base": 0.01,
            "retry_cap": 0.02,
            "retry_attempts": ATTEMPTS,
            "retry_max_age": retry_max_age,
            "connect_timeout": 1.0,
            "send_timeout": SEND_TIMEOUT,
        }
    )


@pytest.fixture
async def store(bot, config) -> AsyncIterator:
    """A second look at the database of the bot, as an operator takes it."""
    async with open_store(config.database_url.get_secret_value(), lease=timedelta(seconds=30)) as store:
        yield store


@pytest.fixture
def counters() -> DeliveryCounters:
    return DeliveryCounters()


@pytest.fixture
async def bot(config, counters) -> AsyncIterator[TestClient[Any, Any]]:
    app = build_app(config, around=Surroundings(meters=Meters(delivery=counters)))
    async with TestClient(BotServer(app)) as client:
        yield client


@pytest.fixture
async def owed(chat, started):
    """``number = await owed(a, answers…)``: what a conversation's channel will say, then a job completed."""

    async def owed(a, *answers: Answer) -> JobId:
        number = await started(a)
        a.connector.script(a.conversation_id, *answers)
        await chat("b").say(f"done {number}")
        return JobId(int(number))

    return owed


@pytest.fixture
def shown(chat):
    """``await shown(number, words)`` waits until `show` says so of the notice; returns all that it says."""

    async def shown(number: JobId, words: str) -> str:
        async with asyncio.timeout(10):
            while words not in (report := await chat("b").say(f"show {number}")):
                pass  # The answer is on its way to the worker.
        return report

    return shown


async def reason(store, number: JobId) -> str:
    """Return why the last attempt failed, as operators read it in the store."""
    report = await store.find(number)
    return report.notice.last_error or ""


async def attempts_in(a, count: int) -> list[float]:
    """Wait for *count* messages, all the same, and return when each came."""
    attempts = [await a.heard() for _ in range(count)]
    assert len({attempt.text for attempt in attempts}) == 1
    return [attempt.at for attempt in attempts]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, body=b""),
        Answer(status=202, body=HTML, headers={"Content-Type": "text/html"}),
        Answer(status=201, body=b'{"id": '),
        Answer(status=201, body=b"\xff\xfe[1]"),
        Answer(status=204, body=b""),
        Answer(status=200, body=b"x" * 3_000_000),
        Answer(status=201, body=b"{}", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["empty", "html", "broken", "not an object", "no content", "huge", "wrongly encoded"],
)
async def test_any_2xx_is_a_delivery_whatever_its_body(chat, connector, owed, shown, counters, answer):
    number = await owed(chat("a"), answer)
    await shown(number, "Its notice was sent.")
    assert len(connector.in_conversation("a")) == 2  # The answer to `run`, and the notice: once.
    assert counters == DeliveryCounters(sent=1)


async def test_a_receipt_that_is_never_finished_changes_nothing(chat, connector, started, shown, counters):
    async def begin_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(begin_an_answer, "127.0.0.1", 0) as server:
        a = chat("a")
        number = JobId(int(await started(a)))
        await moved(a, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await chat("b").say(f"done {number}")
        await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1)


@pytest.mark.parametrize(
    "rest",
    [
        b"X: " + b"x" * 9_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        b"X: 1\r\n" * 200 + b"Content-Length: 2\r\n\r\n{}",
        b"X: 1\r\n" * 20_000 + b"Content-Length: 2\r\n\r\n{}",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: two\r\n\r\n{}",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"no header\r\n\r\n",
        b"X: \x00\r\n\r\n",
        b"",
    ],
    ids=[
        "long header",
        "many headers",
        "endless headers",
        "two lengths",
        "odd length",
        "two framings",
        "br",
        "zstd",
        "wrong gzip",
        "odd chunk",
        "no header",
        "null byte",
        "cut off",
    ],
)
async def test_a_2xx_in_the_status_line_is_a_delivery_whatever_follows(chat, started, shown, counters, rest):
    """The channel has the message. Sent again, the person is told again."""

    async def answer_oddly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + rest)
        writer.close()

    async with await asyncio.start_server(answer_oddly, "127.0.0.1", 0) as server:
        a = chat("a")
        number = JobId(int(await started(a)))
        await moved(a, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await chat("b").say(f"done {number}")
        await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1)


async def moved(a, service_url: str) -> None:
    """Send an activity with another service URL, which is stored before the reply."""
    await a.post(type="message", text="run", serviceUrl=service_url)


@pytest.mark.parametrize(
    "asked, least",
    [
        ({"Retry-After": "0.3"}, 0.3),
        ({"Retry-After": "1"}, 1.0),
        ({}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
    ],
)
async def test_a_throttled_conversation_is_left_alone_as_long_as_its_channel_asks(
    chat, owed, shown, counters, asked, least
):
    a = chat("a")
    number = await owed(a, Answer(status=429, headers=asked))
    first, second = await attempts_in(a, 2)
    assert least <= second - first < least + 2
    await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1, failed=1)


@pytest.mark.parametrize(
    "asked, wait",
    [("604800", timedelta(hours=1)), (timedelta(minutes=10), timedelta(minutes=10))],
    ids=["a week", "a date"],
)
async def test_show_says_until_when_a_throttled_notice_waits(chat, owed, shown, store, asked, wait):
    before = datetime.now(UTC)
    if isinstance(asked, timedelta):
        asked = format_datetime(before + asked, usegmt=True)
    number = await owed(chat("a"), Answer.error(429, "Throttled", Retry_After=asked))
    report = await shown(number, "Its notice waits until ")
    said = report.partition("waits until ")[2].partition(" to be tried again.")
    until = datetime.strptime(said[0], "%b %d, %Y %H:%M UTC").replace(tzinfo=UTC)
    assert abs(until - before - wait) < timedelta(seconds=68)  # It says minutes.
    assert (await reason(store, number)).startswith("Throttled (429 Throttled)")


@pytest.mark.parametrize("retry_max_age", [60])
async def test_throttling_says_nothing_against_a_message_so_it_is_not_given_up(chat, owed, shown, counters):
    a = chat("a")
    number = await owed(a, *[Answer(status=429)] * (ATTEMPTS + 2))
    await attempts_in(a, ATTEMPTS + 3)
    await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1, failed=ATTEMPTS + 2)


@pytest.mark.parametrize("status", [408, 412, 500, 502, 503, 504])
async def test_a_channel_that_cannot_just_now_is_asked_again(chat, owed, shown, counters, status):
    a = chat("a")
    number = await owed(a, Answer(status=status, body=HTML))
    await attempts_in(a, 2)
    await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1, failed=1)


async def test_attempts_are_bounded_and_the_last_failure_is_kept(chat, owed, shown, counters, store):
    a = chat("a")
    number = await owed(a, *[Answer.error(503, "ServiceUnavailable")] * ATTEMPTS)
    await attempts_in(a, ATTEMPTS)
    report = await shown(number, "failed")
    assert report.endswith(f"Its notice failed after {ATTEMPTS} attempts.")
    letter = await store.dead_letter(number)
    assert (letter.status, letter.attempts) == (503, ATTEMPTS)
    assert letter.error.startswith(f"failed {ATTEMPTS} times in ")
    assert "; Unavailable (503 ServiceUnavailable)" in letter.error
    assert counters == DeliveryCounters(failed=ATTEMPTS, dead=1)


async def test_a_channel_that_is_not_there_is_asked_again_when_it_is(bot, chat, owed, shown, counters):
    async with FakeConnector() as channel:
        a = replace(chat("a"), connector=channel)
        number = await owed(a)
        await a.heard()
        await shown(number, "Its notice was sent.")
        number = await owed(replace(a), Answer(after=asyncio.Event()))
        await a.heard()
        await channel.close()
        await shown(number, "waits until")
        await channel.open()
        assert (await a.heard()).text == f"Job {number} is complete."
        await shown(number, "Its notice was sent.")
    assert (counters.sent, counters.dead) == (2, 0)


@pytest.mark.parametrize("reset, arrivals", [("unread", 1), ("read", 2)])
async def test_a_connection_that_breaks_leaves_it_open_whether_the_user_knows(
    chat, connector, owed, shown, counters, caplog, reset, arrivals
):
    """It is sent again, because twice is better than never. It is counted separately from failures."""
    a = chat("a")
    number = await owed(a, Answer(reset=reset))
    await attempts_in(a, arrivals)
    await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1, unknown=1)
    assert f"Notice of job {number}: attempt 1 may have arrived: OutcomeUnknown: cut off" in caplog.text


async def test_an_answer_that_does_not_come_in_time_leaves_it_open_too(chat, owed, shown, counters, caplog):
    a = chat("a")
    number = await owed(a, Answer(after=asyncio.Event()))
    first, second = await attempts_in(a, 2)
    assert SEND_TIMEOUT <= second - first < SEND_TIMEOUT + 2
    await shown(number, "Its notice was sent.")
    assert counters == DeliveryCounters(sent=1, unknown=1)
    assert "attempt 1 may have arrived" in caplog.text


async def test_a_channel_that_cannot_prove_who_it_is_is_told_nothing(
    chat, connector, started, shown, counters, store, impostor
):
    a = chat("a")
    number = JobId(int(await started(a)))
    await moved(a, impostor)
    await chat("b").say(f"done {number}")
    await shown(number, "Its notice failed")
    said = await reason(store, number)
    assert "Unavailable: no connection: " in said
    assert "certificate" in said.lower()
    # The answer to the `run` that moved the conversation was owed there, too.
    assert counters == DeliveryCounters(failed=2 * ATTEMPTS, dead=2)


@pytest.fixture
async def impostor() -> AsyncIterator[str]:
    """The address of a server with an untrusted certificate."""
    async with FakeIdentity() as identity:
        yield identity.authority.removesuffix("/adfs")


@pytest.mark.parametrize(
    "code", ["ConversationBlockedByUser", "BotNotInConversationRoster", "BotDisabledByAdmin"]
)
async def test_a_user_who_let_nobody_in_is_asked_when_he_does(
    chat, connector, owed, shown, counters, store, code
):
    a = chat("a")
    number = await owed(a, Answer.error(403, code))
    report = await shown(number, "is kept")
    assert report.endswith("Its notice is kept until the conversation that asked is heard from again.")
    assert (await reason(store, number)).startswith(f"Blocked (403 {code})")
    assert await store.dead_letters(limit=9) == []
    assert counters == DeliveryCounters(failed=1, parked=1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.error(403, "NotEnoughPermissions"),
        Answer.error(400, "BadSyntax"),
        Answer.error(413, "MessageSizeTooBig"),
    ],
    ids=lambda answer: str(answer.status),
)
async def test_what_will_never_work_is_a_dead_letter_at_once_and_may_be_requeued(
    chat, connector, owed, shown, counters, store, answer
):
    a = chat("a")
    number = await owed(a, answer)
    report = await shown(number, "failed")
    assert report.endswith("Its notice failed after 1 attempt.")
    letter = await store.dead_letter(number)
    assert isinstance(letter, DeadLetter)
    assert (letter.lane, letter.status, letter.attempts) == ("emulator/a", answer.status, 1)
    assert letter.error.startswith(f"Rejected ({answer.status}")
    assert utc_now() - letter.dead_at < timedelta(seconds=10)
    assert len(connector.in_conversation("a")) == 2
    assert counters == DeliveryCounters(failed=1, dead=1)
    assert await store.requeue(number)
    await a.heard()
    assert (await a.heard()).text == f"Job {number} is complete."


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401),
        Answer(status=403, body=HTML),
        Answer.error(404, "ConversationNotFound"),
        Answer(status=404, body=HTML),
        Answer(status=301, headers={"Location": "/elsewhere"}),
        Answer(status=307, headers={"Location": "/v3/conversations/b/activities"}),
        *(Answer(status=status, body=HTML) for status in (400, 407, 409, 413, 423, 425)),
    ],
    ids=lambda answer: f"{answer.status}",
)
@pytest.mark.parametrize("retry_max_age", [60])
async def test_what_something_in_between_may_have_answered_is_no_verdict(
    chat, connector, owed, shown, counters, answer
):
    """Such as a proxy, a gateway or a portal; and a conversation may be unknown for a moment."""
    a = chat("a")
    number = await owed(a, *[answer] * 4)
    await shown(number, "Its notice was sent.")
    assert connector.in_conversation("a")[-1].text == f"Job {number} is complete."
    assert counters == DeliveryCounters(sent=1, failed=4)


async def test_a_message_that_is_too_large_goes_in_parts(chat, connector, started, counters):
    """The channel may refuse a digest although it would accept its notices: each is then sent alone."""
    a, b = chat("a"), chat("b")
    numbers = [await started(a) for _ in range(4)]
    held = asyncio.Event()
    connector.script("a", Answer(after=held))
    connector.rule = lambda _, activity: (
        Answer(status=413) if "jobs are complete" in activity["text"] else Answer()
    )
    for number in numbers:
        await b.say(f"done {number}")
    held.set()
    alone = [f"Job {number} is complete." for number in numbers]
    await connector.until(
        lambda _: [each.text for each in connector.delivered if each.text in alone] == alone
    )
    assert counters.dead == 0


async def test_without_a_token_nothing_is_sent_and_the_notice_waits(
    config, bot, chat, connector, started, monkeypatch, store
):
    """The bot that starts next has to show who it is, and cannot: the directory is out of order."""
    number = JobId(int(await started(chat("a"))))
    await bot.close()
    async with FakeIdentity() as identity:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(identity.certificate))
        identity.fail(TOKEN, 503)
        signing = {
            "app_id": APP_ID,
            "app_password": SecretStr("x"),
            "login_url": identity.authority,
            "service_url_hosts": frozenset({"http://127.0.0.1"}),  # Or it would be sent nothing.
        }
        await store.commit([FinishJob(job_id=number, source=None, token=None)])
        counters = DeliveryCounters()
        around = Surroundings(meters=Meters(delivery=counters))
        async with BotServer(build_app(config.model_copy(update=signing), around=around)):
            async with asyncio.timeout(10):
                while (letter := await store.dead_letter(number)) is None:
                    pass
    assert (letter.status, letter.attempts) == (None, ATTEMPTS)
    assert "TokenUnavailable" in letter.error
    assert counters == DeliveryCounters(failed=ATTEMPTS, dead=1)
    assert len(connector.arrivals) == 1
