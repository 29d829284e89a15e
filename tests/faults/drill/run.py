"""Makes all faults at the same time, each on a bot of its own, and prints what operators and people saw."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.bot_process import install
from tests.faults.drill import channel_faults as channel
from tests.faults.drill import process_faults as process
from tests.faults.drill.alarms import Alarms
from tests.faults.drill.drilled_bot import TOKEN
from tests.faults.drill.fault import PERSON, Fault

FAULTS: dict[str, type[Fault]] = {
    "channel-down": channel.ChannelDown,
    "throttled": channel.Throttled,
    "blocked": channel.Blocked,
    "poison": channel.Poison,
    "token-refused": channel.TokenRefused,
    "webhook-down": channel.WebhookDown,
    "database-gone": process.DatabaseGone,
    "database-read-only": process.DatabaseReadOnly,
    "disk-full": process.DiskFull,
    "postgres-down": process.PostgresDown,
    "killed": process.Killed,
    "replica-frozen": process.ReplicaFrozen,
}

#: Seconds in which a second message about the same job would come: past a lease, and a retry after it.
_NO_MORE = 45.0


@dataclass
class Outcome:
    """What was seen of one fault."""

    name: str
    fault: Fault
    fired: dict[str, float] = field(default_factory=dict)  #: Alerts, with the seconds after the fault.
    sentence: str = ""  #: On the job's page, when all alerts had fired.
    overview: str = ""
    mended: str = ""
    told_after: float | None = None  #: Seconds from the mending, 0 if the person had been told before.
    times: int = 0

    @property
    def kept(self) -> bool:
        """Whether each alert fired and the person was told exactly once."""
        return self.fault.alerts <= set(self.fired) and self.times == 1

    def row(self) -> str:
        fired = sorted(self.fired.items(), key=lambda each: each[1])
        alerts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in fired)
        missing = "".join(f", **no {name}**" for name in sorted(self.fault.alerts - set(self.fired)))
        times = {0: "**never told**", 1: "told once"}.get(self.times, f"**told {self.times} times**")
        told = times if self.told_after is None else f"{times}, {self.told_after:.0f} s after that"
        if self.told_after == 0:
            told = f"{times}, before that"
        sentence = f"{self.sentence}<br>*Overview:* {self.overview}"
        cells = (f"`{self.name}`: {self.fault.what}", f"{alerts}{missing}", sentence, self.mended, told)
        return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


@dataclass(kw_only=True)
class DrillRun:
    """Makes the faults of these names, or all."""

    faults: Sequence[str] = ()

    async def run(self) -> bool:
        """Print a table in Markdown; return whether every alert fired and every person was told once."""
        drilled = {name: FAULTS[name]() for name in self.faults or FAULTS}
        async with AsyncExitStack() as exits:
            folder = Path(exits.enter_context(tempfile.TemporaryDirectory()))
            for name, fault in drilled.items():
                # Each has a copy of the program: its database, and what it keeps beside it, are its own.
                (folder / name).mkdir()
                await fault.open(exits, install(folder / name), folder / name / "jobs.sqlite3")
                await fault.prepare()
            targets = {
                name: [f"localhost:{port}" for port in fault.bot.ports] for name, fault in drilled.items()
            }
            alarms = await exits.enter_async_context(Alarms(folder / "prometheus", targets, TOKEN))
            neighbours = [asyncio.create_task(fault.bot.neighbour()) for fault in drilled.values()]
            watching = asyncio.create_task(alarms.watch())
            await alarms.scrapes_all()
            async with asyncio.TaskGroup() as going:
                tasks = [going.create_task(_one(name, fault, alarms)) for name, fault in drilled.items()]
            for task in (*neighbours, watching):
                task.cancel()
            await asyncio.gather(*neighbours, watching, return_exceptions=True)
        outcomes = [task.result() for task in tasks]
        print(
            "| fault | alerts, after | the board | mended by | the person |\n| --- | --- | --- | --- | --- |"
        )
        print(*(outcome.row() for outcome in outcomes), sep="\n", flush=True)
        return all(outcome.kept for outcome in outcomes)


async def _one(name: str, fault: Fault, alarms: Alarms) -> Outcome:
    """Make one fault, wait for its alerts, look at the board, mend it, and see what the person was told."""
    outcome = Outcome(name, fault)
    if fault.owed:
        await fault.owe()
    alarms.struck(name)
    await fault.strike()
    ending = None if fault.owed else asyncio.create_task(fault.end())
    await alarms.fire(name, fault.alerts, within=fault.within)
    outcome.sentence = await fault.bot.board_or_jobctl(fault.job)
    outcome.overview = await fault.bot.board()
    outcome.fired = dict(alarms.fired[name])
    was_told = fault.bot.times_told(PERSON, fault.job) > 0
    try:
        outcome.mended = await fault.mend()
    except Exception as error:  # The other faults go on, and the table says which one could not be mended.
        outcome.mended = f"**{error!r}**"
    began = time.monotonic()
    told_after = await fault.bot.told(PERSON, fault.job)
    outcome.told_after = 0.0 if was_told else told_after
    if ending is not None:
        ending.cancel()
    print(f"{name}: {outcome.fired}, {outcome.sentence!r}, {outcome.mended}, {told_after}", flush=True)
    await asyncio.sleep(max(0.0, _NO_MORE - (time.monotonic() - began)))
    outcome.times = fault.bot.times_told(PERSON, fault.job)
    return outcome
