"""Traces of the real process, as a collector gets them: also of a job whose notice another process sends."""

import json
from dataclasses import replace

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Kinds

from tests.e2e.test_kill import IMPATIENT
from tests.e2e.test_stop import number_in
from tests.fakes.collector import FakeCollector
from tests.fakes.fake_connector import FakeConnector

#: Of a job system that traces.
THEIRS = f"00-{'a' * 32}-{'b' * 16}-01"

pytestmark = pytest.mark.slow


@pytest.fixture
async def collector():
    async with FakeCollector() as collector:
        yield collector


async def report(client, number, kind, **headers):
    async with client.post(f"/api/jobs/{number}/report/{kind}", headers=headers) as answer:
        assert answer.status == 202


async def test_a_notice_that_another_process_sends_is_linked_to_its_report_and_its_turn(
    start_bot, talk, collector
):
    async with FakeConnector() as channel:
        async with start_bot(**IMPATIENT, **collector.settings) as bot:
            a = replace(await talk(bot, "a"), connector=channel)
            number = number_in(await a.say("run"))
            asked = await collector.span("POST /api/messages")
            await channel.close()
            await report(await bot.started(), number, "succeeded", traceparent=THEIRS)
            await bot.logged(f"Notice of job {number}: attempt 1 failed")
            reported = await collector.span("create notice")
            await collector.span("settle notice")
            await bot.kill()
        await channel.open()
        async with start_bot(**IMPATIENT, **collector.settings):
            assert (await a.heard()).text == f"Job {number} is complete."
            sent = await collector.span("send notice", lambda span: not span.failed)
            settled = await collector.span("settle notice", lambda span: span.trace == sent.trace)
    started = await collector.span("commit", lambda span: span.trace == asked.trace)
    assert sent.links == ((reported.trace, reported.id), (started.trace, started.id))
    assert (sent.parent, sent.kind) == ("", Kinds.SPAN_KIND_CLIENT)
    assert (settled.parent, settled.attributes["proactive_bot.outcome"]) == (sent.id, "sent")
    assert sent.trace not in (asked.trace, reported.trace)
    assert (asked.parent, asked.kind, asked.trace != reported.trace) == ("", Kinds.SPAN_KIND_SERVER, True)
    request = await collector.span("POST /api/jobs/{job}/report/{kind}")
    processed = await collector.span("process job_event")
    assert (request.trace, request.parent) == ("a" * 32, "b" * 16)
    assert (processed.parent, reported.parent) == (request.id, processed.id)
    assert {span.attributes.get("cicd.pipeline.run.id") for span in (started, reported, sent)} == {
        str(number)
    }
    # The attempt that failed went on with the report's trace: nothing had waited yet.
    failed = await collector.span("send notice", lambda span: span.failed)
    assert (failed.trace, failed.parent) == (reported.trace, reported.id)
    assert failed.attributes["error.type"] == "Unavailable"
    assert failed.service["service.name"] == "proactive-bot"


async def test_the_log_names_the_trace_the_job_and_a_digest_of_the_conversation(start_bot, talk, collector):
    async with start_bot(LOG_FORMAT="json", **collector.settings) as bot:
        a = await talk(bot, "a person's name")
        number = int(number_in(await a.say("run nightly report of Ann")))
        turn = await collector.span("POST /api/messages")
        await report(await bot.started(), number, "succeeded")
        await a.heard()
        await bot.logged("Told ")
        bot.terminate()
        await bot.exit_code()
    lines = [json.loads(line) for line in bot.stderr.splitlines()]
    (started,) = [line for line in lines if "was started in" in line["message"]]
    assert (started["job"], started["trace_id"]) == (number, turn.trace)
    (told,) = [line for line in lines if line["message"].startswith("Told ")]
    sent = await collector.span("send notice")
    assert (told["job"], told["conversation"]) == (number, started["conversation"])
    assert started["conversation"].startswith("emulator/")
    assert (told["trace_id"], told["span_id"]) == (sent.trace, sent.id)
    said = bot.stderr + repr(collector.spans)
    assert "person" not in said
    assert "nightly" not in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "there is no exporter 'zipkin'"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
            "Traces are recorded, and sent by otlp_proto_http",
        ),
    ],
)
async def test_traces_that_go_nowhere_stop_nothing(start_bot, talk, settings, said):
    async with start_bot(**settings, OTEL_BSP_SCHEDULE_DELAY="20") as bot:
        assert "We're starting job" in await (await talk(bot, "a")).say("run")
        await bot.logged(said)
        bot.terminate()
        assert await bot.exit_code() == 0
    assert "Traceback" not in bot.stderr
