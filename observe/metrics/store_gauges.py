"""Gauges of what waits in the outbox, read from the store when a scrape asks for them."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from single_flight import SingleFlight

_log = logging.getLogger(__name__)

#: How long figures are used again: any number of scrapes reads the store so often and no oftener.
FRESH = timedelta(seconds=5)

#: A scrape waits for the store as long; Prometheus gives up on it after 10 s.
DEADLINE = timedelta(seconds=3)

#: States of waiting notices, so that each is there when nothing is in it.
STATES = ("due", "sending", "waiting", "held", "parked")

DESTINATIONS = ("conversation", "webhook")


class Levels(Protocol):
    """What waits; see `state.store.levels.Levels`."""

    @property
    def notices(self) -> Mapping[tuple[str, str], int]: ...
    @property
    def lanes_due(self) -> Mapping[str, int]: ...
    @property
    def oldest(self) -> Mapping[str, timedelta]: ...
    @property
    def parked(self) -> int: ...
    @property
    def dead_letters(self) -> Mapping[str, int]: ...


class StoreGauges(Collector):
    """
    The latest figures of the store, as metrics. `refresh` reads them, `collect` shows them.

    They are the same whichever process or replica is asked, so nobody may add them up: rules take the
    greatest. If the store cannot be written, `proactive_bot_store_up` is 0; if it cannot be read either, the
    others are missing.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Levels]],
        check: Callable[[], Awaitable[None]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show what *read* returns; *check* raises unless the store takes a write."""
        self._read = read
        self._check = check
        self._up = False
        self._monotonic = monotonic
        self._levels: Levels | None = None
        self._read_at: float | None = None
        self._reading = SingleFlight(self._read_levels, name="read levels of the store")

    async def refresh(self) -> None:
        """Read the figures, unless the last ones are fresh; scrapes at the same time share one read."""
        if self._read_at is None or self._monotonic() - self._read_at >= FRESH.total_seconds():
            await self._reading.wait()

    async def close(self) -> None:
        """End a read under way."""
        await self._reading.close()

    async def _read_levels(self) -> None:
        self._levels, self._up = None, False
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                self._levels = await self._read()
                await self._check()
                self._up = True
        except Exception as error:  # A scrape must tell of everything else.
            _log.warning("The store cannot be measured: %s", error or type(error).__name__)
        self._read_at = self._monotonic()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics."""
        levels = self._levels
        yield GaugeMetricFamily(
            "proactive_bot_store_up",
            "1 if the database takes writes and told how much waits.",
            value=self._up,
        )
        if levels is None:
            return
        yield _by_destination(
            "proactive_bot_notices",
            "Notices that wait, by state; counted to 10,000.",
            {(to, state): levels.notices.get((to, state), 0) for to in DESTINATIONS for state in STATES},
            "state",
        )
        yield _by_destination(
            "proactive_bot_lanes_due",
            "Destinations to which something could be sent now; counted to 10,000.",
            {(to,): levels.lanes_due.get(to, 0) for to in DESTINATIONS},
        )
        now = time.time()
        yield _by_destination(
            "proactive_bot_oldest_waiting_notice_timestamp_seconds",
            "When the oldest notice that is neither held nor parked became owed; missing if there is none.",
            {(to,): now - age.total_seconds() for to, age in levels.oldest.items()},
        )
        yield GaugeMetricFamily(
            "proactive_bot_parked_conversations",
            "Conversations that cannot be told anything until somebody there acts; counted to 10,000.",
            value=levels.parked,
        )
        yield _by_destination(
            "proactive_bot_dead_letters",
            "Notices given up on, for an operator to requeue or purge; counted to 10,000.",
            {(to,): levels.dead_letters.get(to, 0) for to in DESTINATIONS},
        )


def _by_destination(
    name: str, documentation: str, values: Mapping[tuple[str, ...], float], *more_labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation, labels=["destination", *more_labels])
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
