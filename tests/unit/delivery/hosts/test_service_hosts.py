"""Service hosts: circuit state per host, and how many are kept."""

import asyncio
from contextlib import ExitStack

import pytest

from delivery.errors import CircuitOpen
from delivery.hosts.circuit_breaker import SHORTEST, THRESHOLD


def ask(host, status: int | None) -> None:
    with host.request() as exchange:
        exchange.status = status


def test_paths_of_one_host_share_it_and_ports_do_not(hosts):
    teams = hosts.at("https://smba.trafficmanager.net/emea")
    assert hosts.at("https://SMBA.trafficmanager.net/amer/tenant") is teams
    assert hosts.at("https://smba.trafficmanager.net:8443/emea") is not teams


@pytest.mark.parametrize("status", [None, 500, 503, 599])
def test_no_answer_and_5xx_open_the_circuit(hosts, status):
    host = hosts.at("https://one")
    for _ in range(THRESHOLD):
        ask(host, status)
    with pytest.raises(CircuitOpen) as refused:
        ask(host, 200)
    assert refused.value.retry_after.total_seconds() == SHORTEST
    ask(hosts.at("https://other"), 200)


@pytest.mark.parametrize("status", [200, 201, 302, 401, 403, 404, 429])
def test_any_other_answer_says_that_the_host_is_there(hosts, status):
    host = hosts.at("https://one")
    for _ in range(5):
        for _ in range(THRESHOLD - 1):
            ask(host, 503)
        ask(host, status)
    assert host.wait == 0


async def test_a_request_that_a_deadline_cancels_is_a_failure(hosts):
    host = hosts.at("https://one")

    async def hang() -> None:
        with host.request():
            await asyncio.Event().wait()

    for _ in range(THRESHOLD):
        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert host.wait > 0


def test_lanes_that_wait_come_back_over_one_to_two_periods(hosts, seconds):
    host = hosts.at("https://one")
    for _ in range(THRESHOLD):
        ask(host, None)
    pauses = [host.pause(spread).total_seconds() for spread in (0.0, 0.5, 0.999)]
    assert pauses == sorted(pauses)
    assert SHORTEST <= pauses[0] <= pauses[-1] < 2 * SHORTEST
    seconds.now += SHORTEST
    assert host.wait == 0


def test_the_hosts_that_were_not_asked_for_longest_are_forgotten_and_none_in_use(hosts):
    used = hosts.at("https://used")
    with used.request():
        for number in range(10_000):
            hosts.at(f"https://h{number}.example")
        assert hosts.at("https://used") is used
    assert len(hosts) <= 257


def test_a_host_that_is_asked_while_all_others_are_in_use_is_remembered_too(hosts):
    with ExitStack() as requests:
        for number in range(300):
            requests.enter_context(hosts.at(f"https://h{number}.example").request())
        assert len(hosts) == 300
