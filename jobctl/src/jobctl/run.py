"""
`jobctl run -- COMMAND`: run a command as a job, and neither lie about it, lose a word of it, nor hold it up.

The command starts whether or not the bot can be reached. What could not be reported waits in the spool.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from jobctl.child import FORWARDED, Child
from jobctl.output import masked
from jobctl.quick import create_quickly
from jobctl.settings import TRACE, Settings
from jobctl.warning import warn

if TYPE_CHECKING:  # What is not needed before the command runs is imported while it does.
    import asyncio

    from jobctl.spool import Spooled

#: Exit codes of `timeout` and of shells.
TIMED_OUT, NOT_EXECUTABLE, NOT_FOUND, BY_SIGNAL = 124, 126, 127, 128

#: Seconds to create the job before the command starts, and to report its end before that is left for later.
_CREATE, _END = 2.0, 5.0

_SOURCE = "jobctl"

_TITLE = 200  # Characters that the bot keeps.


class Options(NamedTuple):
    """How to run a command."""

    title: str | None = None
    job: int | None = None  #: A job that there is already, such as one that was asked for in a chat.
    timeout: float | None = None  #: Seconds.
    kill_after: float = 10.0  #: Seconds from TERM to KILL.
    heartbeat: float = 30.0  #: Seconds.
    output: bool = True  #: Whether the end of its output goes into the notice.
    until_told: bool = False


def run(command: Sequence[str], options: Options, settings: Settings) -> int:
    """Run *command*; return the code to exit with, or minus the number of the signal that killed it."""
    job = _Job(command, options, settings)
    job.begin()
    try:
        child = Child(command, job.environment(), captures=options.output)
    except OSError as error:
        import asyncio

        found = isinstance(error, FileNotFoundError)
        warn(f"{command[0]}: {error.strerror}")
        asyncio.run(job.end(NOT_FOUND if found else NOT_EXECUTABLE, f"{command[0]}: {error.strerror}"))
        return NOT_FOUND if found else NOT_EXECUTABLE
    import asyncio

    return asyncio.run(_run(child, job, options))


def die_like(code: int) -> int:
    """End this process by the same signal as the command; return *code* if it was none."""
    if code >= 0:
        return code
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # The command's own core is the one of interest.
    with contextlib.suppress(OSError, ValueError):
        signal.signal(-code, signal.SIG_DFL)
    sys.stdout.flush()
    os.kill(os.getpid(), -code)
    return BY_SIGNAL - code  # It was a signal that does not kill.


class _Job:
    """The job of one command, and its reports."""

    def __init__(self, command: Sequence[str], options: Options, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._title = masked(options.title or " ".join(command), os.environ)[:_TITLE]
        self._external_id = f"{_SOURCE}-{_random()}"
        self._number = options.job
        self._began = time.monotonic()
        self._trace = settings.trace or f"00-{_random()}-{_random()[:16]}-01"
        self.cancelled = False

    def begin(self) -> None:
        """Create the job, unless there is one or the bot does not answer at once."""
        if self._number is None:
            self._number = create_quickly(
                self._settings.url,
                self._settings.token,
                title=self._title,
                external_id=self._external_id,
                timeout=_CREATE,
                trace=self._trace,
            )
            if self._number is None:
                warn(f"{self._settings.url} cannot be told now; the command runs, and is reported later")

    def environment(self) -> dict[str, str]:
        """Return the command's environment."""
        said = {TRACE: self._trace}
        if self._number is not None:
            said["JOB_ID"] = str(self._number)
            said["JOB_URL"] = f"{self._settings.url}/api/jobs/{self._number}"
        return {**os.environ, **said}

    async def keep_alive(self, child: Child, ending: "asyncio.Task[int]") -> None:
        """Tell now and then that the command runs, and stop it if somebody wants that."""
        import asyncio

        kind = "started"
        while True:
            receipt = await self._send(self._report(kind), self._options.heartbeat)
            kind = "started" if receipt is None else "heartbeat"
            if receipt is not None and receipt.get("cancelRequested"):
                self.cancelled = True
                await _stop(child, ending, self._options.kill_after)
                return
            await asyncio.sleep(self._options.heartbeat)

    async def end(self, code: int, tail: str, *, message: str | None = None) -> None:
        """Report how the command ended; what does not arrive now waits in the spool."""
        from jobctl.spool import Spool

        spool = Spool.of_user()
        kind = "cancelled" if self.cancelled else "failed" if code else "succeeded"
        exit_code = code if code >= 0 else BY_SIGNAL - code
        report = self._report(
            kind,
            message=message,
            exitCode=exit_code or None,
            durationSeconds=round(time.monotonic() - self._began, 3),
            logTail=tail or None,
        )
        try:
            file = spool.add(report)
        except OSError as error:
            warn(f"the end cannot be kept on disk ({error}); it is reported now or never")
            file = None
        receipt = await self._send(report, _END)
        if receipt is None:
            warn("the end is not reported yet: any later call of jobctl does it")
            return
        if file is not None:
            (spool.remove if receipt else spool.refuse)(file)
        if self._options.until_told:
            await self._until_told()

    def _report(self, kind: str, **content: object) -> "Spooled":
        from jobctl.spool import Spooled

        return Spooled(
            url=self._settings.url,
            kind=kind,
            content={name: value for name, value in content.items() if value is not None},
            id=f"{_SOURCE}_{_random()}",
            job=self._number,
            external_id=None if self._number else self._external_id,
            title=self._title,
            token=self._settings.token if self._options.job else None,
            trace=self._trace,
        )

    async def _send(self, report: "Spooled", patience: float) -> dict[str, object] | None:
        """Return the receipt, empty if it is refused; None if the bot is away for *patience* seconds."""
        import asyncio

        from jobctl.client import Refused, Unreachable
        from jobctl.sending import send

        try:
            async with asyncio.timeout(patience):
                receipt = await send(report, self._settings, patience=patience)
        except (Unreachable, TimeoutError):
            return None
        except Refused as error:
            warn(f"the bot refuses the report ({report.kind}): {error}")
            return {}
        self._number = int(str(receipt["jobId"]))
        return receipt

    async def _until_told(self) -> None:
        from jobctl.client import JobSystem, Refused

        if self._number is None:
            return
        async with JobSystem(self._settings) as jobs:
            try:
                async for _ in jobs.watch(self._number):
                    pass
            except Refused as error:
                warn(f"cannot see whether people were told: {error}")


def _random() -> str:
    """Return 32 hexadecimal digits; the standard library's ways take longer to import."""
    return os.urandom(16).hex()


async def _run(child: Child, job: _Job, options: Options) -> int:
    import asyncio

    loop = asyncio.get_running_loop()
    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:  # As under nohup, or behind `&` in a script.
            loop.add_signal_handler(number, child.signal, number)
    ending = asyncio.create_task(child.wait())
    alive = asyncio.create_task(job.keep_alive(child, ending))
    ended, _ = await asyncio.wait({ending}, timeout=options.timeout)
    timed_out, message = not ended, None
    if timed_out:
        message = f"Stopped after {options.timeout:g} s."
        await _stop(child, ending, options.kill_after)
    code = await ending
    alive.cancel()
    await asyncio.gather(alive, return_exceptions=True)
    code = TIMED_OUT if timed_out else code
    await job.end(code, child.tail.text(os.environ) if options.output else "", message=message)
    return code


async def _stop(child: Child, ending: "asyncio.Task[int]", kill_after: float) -> None:
    """End a command: TERM, and KILL if it does not."""
    import asyncio

    child.signal(signal.SIGTERM)
    ended, _ = await asyncio.wait({ending}, timeout=kill_after)
    if not ended:
        child.signal(signal.SIGKILL)
