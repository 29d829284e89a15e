"""The turns of each scenario: activities that the Bot Framework Emulator sent, as bytes for a socket."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.server import ROOT

ACTIVITIES = ROOT / "tests" / "fixtures" / "activities"
MESSAGE = orjson.loads((ACTIVITIES / "emulator-app-message.json").read_bytes())
EVENT = orjson.loads((ACTIVITIES / "emulator-app-event-jobComplete.json").read_bytes())


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was started over the wire, and the conversation that started it."""

    id: int
    conversation: str


@dataclass(frozen=True, slots=True)
class Turn:
    conversation: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of turn. Its latency runs to the answer or, where it completes a job, to the notice."""

    name: str
    text: str  #: Without it, the turn is an event.
    sends: int  #: How many activities reach the connector.
    completes_job: bool = False

    def activity(self, job: Job | None) -> Mapping[str, Any]:
        if job is None:
            return {**MESSAGE, "text": self.text}
        return {**MESSAGE, "text": f"{self.text} {job.id}"} if self.text else {**EVENT, "value": job.id}


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("hello", "hello", sends=1),
        Scenario("run", "run", sends=1),
        Scenario("show", "show", sends=1),
        Scenario("event", "", sends=1, completes_job=True),
        Scenario("done", "done", sends=2, completes_job=True),
    )
}


def turn(scenario: Scenario, *, service_url: str, authorization: str | None, job: Job | None = None) -> Turn:
    """
    Return one turn of *scenario*: in the conversation of its *job*, or else in a conversation of its own.

    The activity id is new each time, since a bot may rightly ignore one that it has seen. Conversations are
    not shared, since a bot may rightly hold back the notices of one that gets too many.
    """
    conversation = job.conversation if job else f"{uuid.uuid4()}|livechat"
    activity = {
        **scenario.activity(job),
        "id": str(uuid.uuid4()),
        "conversation": {"id": conversation},
        "serviceUrl": service_url,
    }
    return Turn(conversation, encoded(orjson.dumps(activity), authorization))


def encoded(body: bytes, authorization: str | None, path: str = "/api/messages", *more: str) -> bytes:
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    head += more
    if authorization:
        head.append(f"Authorization: {authorization}")
    return "\r\n".join([*head, "", ""]).encode() + body
