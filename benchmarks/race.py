"""Run one group: start every entrant's server, and alternate their blocks, A B C A B C."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.arrivals import Connector
from benchmarks.load import Load, Setting
from benchmarks.measurement import Measurement, middle
from benchmarks.plan import Entrant, Group
from benchmarks.server import Server


@dataclass(frozen=True, slots=True)
class Result:
    group: str
    setting: Setting
    entrant: Entrant
    rounds: Sequence[Measurement]

    @property
    def measured(self) -> Measurement:
        return middle(self.rounds)


@dataclass(frozen=True, slots=True)
class Race:
    connector: Connector
    directory: Path  #: For databases.

    async def run(self, group: Group) -> AsyncIterator[Result]:
        """
        Yield what each setting of *group* came to, for each entrant.

        The entrants alternate within a setting, so that what the machine does meanwhile meets all alike.
        """
        async with AsyncExitStack() as stack:
            servers = {
                entrant: await stack.enter_async_context(self.serving(entrant))
                for entrant in group.entrants
                if entrant.contestant.keeps_cost
            }
            for setting in group.settings:
                blocks: dict[Entrant, list[Measurement]] = defaultdict(list)
                for _ in range(group.rounds):
                    for entrant in group.entrants:
                        if entrant in servers:
                            measured = await self.block(group, setting, entrant, servers[entrant])
                        else:
                            async with self.serving(entrant) as server:
                                measured = await self.block(group, setting, entrant, server)
                        blocks[entrant].append(measured)
                for entrant, rounds in blocks.items():
                    yield Result(group.title, setting, entrant, rounds)

    def serving(self, entrant: Entrant) -> AbstractAsyncContextManager[Server]:
        return entrant.contestant.serving(entrant.jobs, self.directory)

    async def block(self, group: Group, setting: Setting, entrant: Entrant, server: Server) -> Measurement:
        contestant = entrant.contestant
        turns = max(int(contestant.turns * group.share), 2 * setting.concurrency)
        load = Load(server=server, connector=self.connector, authorization=contestant.authorization)
        return await load.block(setting, turns, starters=contestant.starters)
