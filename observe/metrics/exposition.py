"""The text of a scrape."""

import asyncio
from collections.abc import Iterator

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    GCCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from observe.metrics.store_gauges import StoreGauges

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class BuildInfo(Collector):
    """What runs, as labels of a constant."""

    def __init__(self, **labels: str) -> None:
        self._labels = labels

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metric."""
        family = GaugeMetricFamily("proactive_bot_build_info", "What runs here.", labels=[*self._labels])
        family.add_metric([*self._labels.values()], 1)
        yield family


class Exposition:
    """
    Writes the metrics of this process, or of all processes that share a folder, and those of the store.

    Of several processes the client library adds up counters, also those of processes that have ended; the
    figures of the store come from the process that is asked, once.
    """

    def __init__(self, store: StoreGauges, build: BuildInfo, *, shared: str | None) -> None:
        """
        Show *store* and *build* beside what is counted in the `registry`.

        *shared* is the folder that PROMETHEUS_MULTIPROC_DIR names: the client library has read that already.
        """
        disable_created_metrics()  # type: ignore[no-untyped-call]  # A second series for each counter, which nobody asks for.
        self._store = store
        self._build = build
        self.registry = CollectorRegistry(auto_describe=False)  #: Of what is counted in this process.
        self._shared = shared
        if shared is None:
            ProcessCollector(registry=self.registry)
            GCCollector(registry=self.registry)

    async def text(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        await self._store.refresh()
        scraped = CollectorRegistry(auto_describe=False)
        if self._shared is None:
            scraped.register(self.registry)
        else:
            MultiProcessCollector(scraped, path=self._shared)  # type: ignore[no-untyped-call]
        scraped.register(self._store)
        scraped.register(self._build)
        return await asyncio.to_thread(generate_latest, scraped)  # Reads the files of all processes.
