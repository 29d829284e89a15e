"""Gauges of the process say how things stand, not how they stood."""

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from observe.metrics.process import ProcessMetrics
from observe.metrics.pulse import pulse


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry) -> ProcessMetrics:
    return ProcessMetrics(registry)


def circuit(registry, host: str) -> float | None:
    return registry.get_sample_value("proactive_bot_circuit_open", {"host": host})


def test_a_host_that_is_forgotten_while_it_was_left_alone_is_so_no_more(metrics, registry):
    metrics.circuits({"a": True, "b": False})
    assert (circuit(registry, "a"), circuit(registry, "b")) == (1, 0)
    metrics.circuits({"b": False})
    assert (circuit(registry, "a"), circuit(registry, "b")) == (0, 0)


def test_of_the_hosts_that_share_a_series_one_that_is_left_alone_is_enough(metrics, registry):
    metrics.circuits({f"host-{number}": False for number in range(32)})
    metrics.circuits({"one": True, "another": False})
    assert circuit(registry, "other") == 1


def test_without_a_pool_there_is_no_series_of_connections(metrics, registry):
    metrics.load(3, None, None)
    assert registry.get_sample_value("proactive_bot_store_requests_waiting") == 3
    assert registry.get_sample_value("proactive_bot_store_connections", {"state": "in_use"}) is None


async def test_an_event_loop_that_stands_still_is_seen():
    lateness, seen = [], asyncio.Event()

    def stalled(seconds: float) -> None:
        lateness.append(seconds)
        seen.set()

    async with pulse(stalled, lambda: None):
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251  # What blocks the loop.
        await seen.wait()
    assert lateness[0] >= 0.2


async def test_a_look_that_fails_does_not_end_the_measuring(caplog):
    looks, twice = [], asyncio.Event()

    def look() -> None:
        looks.append(1)
        if len(looks) == 2:
            twice.set()
        raise ZeroDivisionError

    async with pulse(lambda _: None, look), asyncio.timeout(20):
        await twice.wait()
    assert "Cannot look" in caplog.text
