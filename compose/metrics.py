"""The parts that measure."""

import platform
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from compose.meters import Meters
from config import Config, shared_metrics
from observe.metrics.delivery import DeliveryMetrics
from observe.metrics.exposition import BuildInfo, Exposition
from observe.metrics.process import ProcessMetrics
from observe.metrics.pulse import pulse
from observe.metrics.sends import SendMetrics
from observe.metrics.store_gauges import StoreGauges
from observe.metrics.turns import TurnMetrics
from state.store.opening import Store
from version import VERSION


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """What is measured, for the rooms that measure and for the route that shows it."""

    meters: Meters
    exposition: Exposition


@asynccontextmanager
async def open_metrics(
    config: Config, store: Store, left_alone: Callable[[], Mapping[str, bool]]
) -> AsyncIterator[Metrics | None]:
    """
    Measure while the body runs; yield None where nobody may read the metrics.

    *left_alone* says of each service host whether its circuit is open.
    """
    if not config.metrics_readable:
        yield None
        return
    gauges = StoreGauges(store.levels, store.check)
    database = config.storage.partition(":")[0]
    build = BuildInfo(version=VERSION, python=platform.python_version(), database=database)
    exposition = Exposition(gauges, build, shared=shared_metrics())
    sends = SendMetrics(exposition.registry)
    process = ProcessMetrics(exposition.registry)
    delivery = DeliveryMetrics(exposition.registry)
    meters = Meters(
        turns=TurnMetrics(exposition.registry),
        delivery=delivery,
        sent=sends.sent,
        posted=sends.webhook,
        fetched_token=sends.token,
        completed=process.completed,
        retired=delivery.retired,
    )

    def look() -> None:
        process.circuits(left_alone())
        process.load(*store.load())

    try:
        async with pulse(process.stalled, look):
            yield Metrics(meters=meters, exposition=exposition)
    finally:
        await gauges.close()
