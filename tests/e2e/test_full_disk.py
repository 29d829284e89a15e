"""The disk is full: the bot says so to probes and to channels, and goes on when there is room again."""

import asyncio
import sys
from http import HTTPStatus

import pytest

resource = pytest.importorskip("resource", reason="the size of files is limited by setrlimit, as on Linux")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is a system call of Linux")


def limit(pid: int, size: int) -> None:
    """Let files of the process grow to *size* bytes."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def becomes(client, status: HTTPStatus) -> None:
    async with asyncio.timeout(20):
        while (await client.get("/readyz")).status != status:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_full_disk_is_said_to_probes_and_channels_and_ends_with_the_shortage(
    start_bot, talk, connector
):
    async with start_bot() as bot:
        chat = await talk(bot, "a")
        await chat.say("run")
        client = chat.client
        await becomes(client, HTTPStatus.OK)
        limit(bot.pid, 1)
        await becomes(client, HTTPStatus.SERVICE_UNAVAILABLE)
        assert (await chat.post(type="message", text="run")).status == HTTPStatus.SERVICE_UNAVAILABLE
        limit(bot.pid, resource.RLIM_INFINITY)
        await becomes(client, HTTPStatus.OK)
        assert "starting job" in (await chat.say("run")).lower()
