"""
What traces cost a turn, in instructions: `python -m benchmarks.tracing` prints what
docs/reference/traces.md quotes.

Needs valgrind, and what requirements-tracing.txt has.
"""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from aiohttp.test_utils import TestServer

from benchmarks.arrivals import connecting
from benchmarks.contestants import BOT, Contestant
from benchmarks.instructions import instructions, main
from benchmarks.turns import SCENARIOS


def traced(endpoint: str, sampler: str) -> Contestant:
    """Return the bot that sends its traces to *endpoint*."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_SAMPLER": sampler}
    return replace(BOT, environment={**BOT.environment, **variables, "OTEL_TRACES_SAMPLER_ARG": "0.1"})


async def taken(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(content_type="application/x-protobuf")


async def measure() -> None:
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", taken)
    print("| turn | off | one in ten | all | one in ten ÷ off | all ÷ off |\n| --- " + "| ---: " * 5 + "|")
    async with TestServer(app) as collector, connecting() as connector:
        url = str(collector.make_url("")).rstrip("/")
        contestants = (BOT, traced(url, "parentbased_traceidratio"), traced(url, "parentbased_always_on"))
        for name in ("hello", "run", "event"):
            off, some, all_ = [await instructions(each, SCENARIOS[name], connector) for each in contestants]
            counts = f"| {name} | {off:,.0f} | {some:,.0f} | {all_:,.0f} "
            print(f"{counts}| {some / off:.2f} | {all_ / off:.2f} |", flush=True)


if __name__ == "__main__":
    main(measure)
