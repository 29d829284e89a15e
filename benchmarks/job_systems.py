"""
What job systems cost, in instructions: `python -m benchmarks.job_systems`, which needs valgrind.

A `run` whose new job goes to a job system by webhook, against one without; and the end of a job by a signed
request, against the same by an event activity.
"""

from __future__ import annotations

from dataclasses import replace

import orjson

from benchmarks.arrivals import connecting
from benchmarks.contestants import BOT
from benchmarks.instructions import instructions, main
from benchmarks.turns import SCENARIOS, Turn, encoded
from tests.fakes.job_system import FakeJobSystem
from tests.fakes.signing import SECRET, signed


def as_signed_request(turn: Turn) -> Turn:
    """Return the request that says, signed, what the event in *turn* says."""
    event = orjson.loads(turn.request.partition(b"\r\n\r\n")[2])
    body = orjson.dumps({"type": "job.succeeded", "data": {"jobId": event["value"]}})
    headers = [f"{name}: {value}" for name, value in signed(body, event["id"]).items()]
    return Turn(turn.conversation, encoded(body, None, "/api/job-events", *headers))


async def measure() -> None:
    """Print the instructions of each, and ratios."""
    run, event = SCENARIOS["run"], SCENARIOS["event"]
    async with connecting() as connector, FakeJobSystem() as system:
        webhook = {"JOB_WEBHOOK_URL": system.url, "JOB_WEBHOOK_SECRET": SECRET}
        forwarding = replace(BOT, environment={**BOT.environment, **webhook})
        trusting = replace(BOT, environment={**BOT.environment, "JOB_SYSTEM_SECRETS": SECRET})
        alone = await instructions(BOT, run, connector)
        forwarded = await instructions(forwarding, run, connector)
        print(f"run {alone:,.0f}, with a webhook {forwarded:,.0f}: {forwarded / alone:.2f}")
        print(f"events that the job system took: {len(system.taken)}")
        by_event = await instructions(BOT, event, connector)
        by_request = await instructions(trusting, event, connector, as_signed_request)
        print(f"event {by_event:,.0f}, signed {by_request:,.0f}: {by_request / by_event:.2f}", flush=True)


if __name__ == "__main__":
    main(measure)
