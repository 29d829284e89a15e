"""Run an application until SIGTERM or SIGINT."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from aiohttp import web

from web.server.runner import ProblemRunner


class CannotListen(Exception):
    """The address is in use, or not an address of this machine; the message is one line."""


async def serve(
    app: web.Application, *, host: str, port: int, grace: timedelta, announce: Callable[[int], None]
) -> None:
    """
    Serve *app* on *host* and *port* until SIGTERM or SIGINT, and call *announce* with the port it listens on.

    After the signal no connection is accepted, running requests may end within *grace*, and the application's
    parts are closed in reverse order. Raises `CannotListen`, and any exception of the start-up.
    """
    stopped = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl+C cancels this coroutine instead.
            asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    runner = ProblemRunner(app, access_log=None, shutdown_timeout=grace.total_seconds())
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, UnicodeError) as error:  # UnicodeError: the host name is too long.
            reason = getattr(error, "strerror", None) or error
            raise CannotListen(
                f"Cannot listen on {host}:{port}: {reason}. Name an address that is free with HOST and PORT."
            ) from error
        announce(runner.addresses[0][1])
        await stopped.wait()
    finally:
        await runner.cleanup()


def event_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop, or None for the standard one where the platform has no uvloop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
