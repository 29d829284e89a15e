"""
A command, run as a shell would run it, whose output passes through and whose end is kept.

It has a process group of its own, so that all of it gets signals. Where standard output is a terminal, it
gets a pseudo-terminal, so that colours and progress bars stay.
"""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from jobctl.output import Tail

if TYPE_CHECKING:  # Imported while the command runs: it would hold up its start.
    import asyncio

_CHUNK = 64 * 1024

#: Seconds for which the output of processes is read that the command left behind.
_LINGER = 0.5

#: What is passed on to the command.
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class Child:
    """A command that runs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, captures: bool) -> None:
        """
        Start *command*; with *captures* its output passes through here.

        Raises FileNotFoundError and PermissionError, like `subprocess.Popen`.
        """
        self.tail = Tail()
        self._streams: dict[int, int] = {}  # Where we read, and where that goes.
        self._terminal: int | None = None
        with ExitStack() as ours:
            out, err = self._outputs(ours, captures)
            self._process = subprocess.Popen(  # noqa: S603  # What this program is for.
                command,
                env=environment,
                stdin=out if self._terminal is not None and sys.stdin.isatty() else None,
                stdout=out,
                stderr=err,
                start_new_session=self._terminal is not None,
                process_group=None if self._terminal is not None else 0,
                preexec_fn=_take_terminal if self._terminal is not None else None,
            )

    def _outputs(self, ours: ExitStack, captures: bool) -> tuple[int | None, int | None]:
        if not captures:
            return None, None
        if sys.stdout.isatty():
            reading, writing = os.openpty()
            ours.callback(os.close, writing)
            self._terminal = reading
            self._streams = {reading: sys.stdout.fileno()}
            self._resize()
            return writing, writing
        pipes = [os.pipe(), os.pipe()]
        for (reading, writing), to in zip(pipes, (sys.stdout, sys.stderr), strict=True):
            ours.callback(os.close, writing)
            self._streams[reading] = to.fileno()
        return pipes[0][1], pipes[1][1]

    def signal(self, number: int) -> None:
        """Send a signal to the command and all that it started in its group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def wait(self) -> int:
        """
        Pass on what the command prints until it has ended; return its code, or minus the number of a signal.

        Call it once. What the command left running in the background holds nothing up.
        """
        import asyncio

        with ExitStack() as restore:
            self._read_keys(asyncio.get_running_loop(), restore)
            reading = [_in_thread(self._pass_on, source, to) for source, to in self._streams.items()]
            code: int = await _in_thread(self._process.wait)
            if reading:
                await asyncio.wait(reading, timeout=_LINGER)
        return code

    def _pass_on(self, source: int, to: int) -> None:
        while True:
            try:
                chunk = os.read(source, _CHUNK)
            except OSError:  # A pseudo-terminal says EIO when its last writer is gone.
                return
            if not chunk:
                return
            self.tail.add(chunk)
            with suppress(OSError):  # Our reader is gone: the command goes on.
                while chunk:
                    chunk = chunk[os.write(to, chunk) :]

    def _read_keys(self, loop: "asyncio.AbstractEventLoop", restore: ExitStack) -> None:
        """Give what is typed to the pseudo-terminal, which makes signals of Ctrl+C and the like."""
        if self._terminal is None or not sys.stdin.isatty():
            return
        import tty

        keys, terminal = sys.stdin.fileno(), self._terminal
        before = termios.tcgetattr(keys)
        tty.setraw(keys)
        restore.callback(termios.tcsetattr, keys, termios.TCSADRAIN, before)

        def typed() -> None:
            with suppress(OSError):
                os.write(terminal, os.read(keys, _CHUNK))

        loop.add_reader(keys, typed)
        restore.callback(loop.remove_reader, keys)
        loop.add_signal_handler(signal.SIGWINCH, self._resize)
        restore.callback(loop.remove_signal_handler, signal.SIGWINCH)

    def _resize(self) -> None:
        with suppress(OSError):
            size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(self._terminal or -1, termios.TIOCSWINSZ, size)


def _in_thread(function: Callable[..., Any], *arguments: object) -> "asyncio.Future[Any]":
    """
    Return what *function* will return, from a thread that does not keep this process alive.

    `asyncio.run` would wait for those of its own executor, and a pipe may stay open for days.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def run() -> None:
        result = function(*arguments)
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_settle, future, result)

    threading.Thread(target=run, daemon=True).start()
    return future


def _settle(future: "asyncio.Future[Any]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _take_terminal() -> None:
    """Make the pseudo-terminal that standard output is the session's own."""
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)
