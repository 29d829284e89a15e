"""Runs an application until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from aiohttp import web

from web.server.runner import ProblemRunner


class CannotListen(Exception):
    """The address is taken, or not this machine's; the message is one line."""


async def serve(
    app: web.Application, *, host: str, port: int, grace: timedelta, announce: Callable[[int], None]
) -> None:
    """
    Serve *app* on *host* and *port* until SIGTERM or SIGINT, and call *announce* with the port it listens on.

    Then no connection is accepted any more, requests under way may end within *grace*, and what the
    application opened is closed, last opened first. Raises `CannotListen`, and whatever starting raises.
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
        except (OSError, UnicodeError) as error:  # The latter: no name can be so long.
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
