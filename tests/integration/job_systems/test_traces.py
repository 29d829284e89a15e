"""A job system goes on with the bot's trace, and the bot with that of a job system that may report."""

import pytest
from aiohttp.test_utils import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind, StatusCode

from app import BOT, build_app
from compose import Surroundings
from tests.fakes.bot_server import BotServer

THEIRS = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def recorded() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def bot(config, recorded):
    provider = TracerProvider(sampler=ParentBased(ALWAYS_ON))
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    around = Surroundings(tracer=provider.get_tracer("test"))
    async with TestClient(BotServer(build_app(config, around=around))) as client:
        yield client
        await client.app[BOT].delivery.worker.idle()


@pytest.fixture
def spans(bot, recorded):
    """Waits until nothing is being sent, and returns the spans of a name."""

    async def spans(name):
        await bot.app[BOT].delivery.worker.idle()
        return [span for span in recorded.get_finished_spans() if span.name == name]

    return spans


def ids(span):
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def linked(span):
    return {link.context.span_id for link in span.links}


async def test_an_event_carries_the_context_of_its_own_sending(system, chat, started, spans):
    await started(chat("a"))
    created = await system.event("job.created")
    (sent,) = await spans("send event")
    (commit,) = await spans("commit")
    requests = await spans("POST")
    (posted,) = [span for span in requests if f"{span.context.span_id:016x}" in created.trace]
    assert posted.parent.span_id == sent.context.span_id
    assert created.trace.startswith(f"00-{ids(sent)[0]}-{ids(posted)[1]}-")
    assert (sent.parent, linked(sent)) == (None, {commit.context.span_id})
    assert posted.attributes["http.response.status_code"] == 204


@pytest.mark.parametrize("way", ["report", "activity", "create"])
async def test_what_a_job_system_says_is_in_its_trace(system, chat, bot, report, started, spans, way):
    number = await started(chat("a"))
    headers = {"traceparent": THEIRS}
    match way:
        case "report":
            assert (await report(number, "succeeded", headers=headers))[0] == 202
            name = "POST /api/jobs/{job}/report/{kind}"
        case "create":
            async with bot.post("/api/jobs", json={"title": "x"}, headers=headers) as answer:
                assert answer.status == 201
            name = "POST /api/jobs"
        case _:
            name = "POST /api/messages"
            activity = {
                "type": "event",
                "name": "jobComplete",
                "value": number,
                "channelId": "jobs",
                "serviceUrl": "http://localhost",
                "conversation": {"id": "jobs"},
                "from": {"id": "ci"},
                "recipient": {"id": "bot"},
            }
            async with bot.post("/api/messages", json=activity, headers=headers) as answer:
                assert answer.status == 200
    request = (await spans(name))[-1]
    assert (ids(request)[0], f"{request.parent.span_id:016x}") == ("a" * 32, "b" * 16)
    commits = await spans("commit" if way == "create" else "create notice")
    assert commits[-1].context.trace_id == request.context.trace_id


async def test_what_came_at_once_stays_in_one_trace(chat, bot, report, started, spans):
    a = chat("a")
    number = await started(a)
    await report(number, "succeeded", headers={"traceparent": THEIRS})
    await a.heard()
    (sent,) = await spans("send notice")
    (owed,) = await spans("create notice")
    (settled,) = await spans("settle notice")
    assert sent.parent.span_id == owed.context.span_id
    assert settled.parent.span_id == sent.context.span_id
    (started_by,) = await spans("commit")
    assert linked(sent) == {started_by.context.span_id}
    assert (owed.kind, sent.kind) == (SpanKind.PRODUCER, SpanKind.CLIENT)
    assert owed.attributes["cicd.pipeline.result"] == "success"


async def test_a_channel_does_not_decide_about_the_traces_of_turns(bot, spans):
    message = {
        "type": "message",
        "text": "show",
        "channelId": "emulator",
        "serviceUrl": "http://localhost:9",
        "deliveryMode": "expectReplies",
        "id": "1",
        "conversation": {"id": "a"},
        "from": {"id": "ann"},
        "recipient": {"id": "bot"},
    }
    for trace in (THEIRS, THEIRS[:-2] + "00"):
        async with bot.post("/api/messages", json=message, headers={"traceparent": trace}) as answer:
            assert answer.status == 200
    turns = await spans("POST /api/messages")
    assert len(turns) == 2
    assert all(turn.parent is None and ids(turn)[0] != "a" * 32 for turn in turns)
    assert turns[0].attributes["proactive_bot.activity.type"] == "message"
    assert turns[0].attributes["proactive_bot.outcome"] == "ok"


@pytest.mark.parametrize(
    "trace", ["", "00-x", f"00-{'0' * 32}-{'b' * 16}-01", "\xff" * 90, f"{THEIRS}-{THEIRS}"]
)
async def test_an_odd_trace_is_none(chat, report, started, spans, trace):
    number = await started(chat("a"))
    assert (await report(number, "succeeded", headers={"traceparent": trace}))[0] == 202
    (request,) = await spans("POST /api/jobs/{job}/report/{kind}")
    assert request.parent is None


async def test_a_refused_report_is_an_answer_and_no_failure(report, spans):
    assert (await report(41, "succeeded"))[0] == 404
    (request,) = await spans("POST /api/jobs/{job}/report/{kind}")
    assert request.attributes["http.response.status_code"] == 404
    assert request.status.status_code is StatusCode.UNSET


async def test_nobody_who_is_not_let_in_is_recorded(bot, recorded):
    async with bot.post("/api/job-events", json={"type": "job.succeeded"}) as answer:
        assert answer.status == 401
    async with bot.post("/api/messages", json={"type": "message"}) as answer:
        assert answer.status == 400
    assert recorded.get_finished_spans() == ()
