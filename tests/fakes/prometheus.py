"""A real Prometheus, of Debian's package `prometheus`, that scrapes the bot as our configuration says."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest

from tests.fakes.ports import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"


def tool(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; skips the test where it is missing, but not in CI."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"no {name}: it comes with Debian's package prometheus")
    assert found is not None, name
    return found


async def promtool(*arguments: str, given: bytes | None = None) -> str:
    """Run promtool; return what it prints, and fail if it does."""
    process = await asyncio.create_subprocess_exec(
        tool("promtool"),
        *arguments,
        stdin=asyncio.subprocess.PIPE if given is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        printed, _ = await process.communicate(given)
    assert process.returncode == 0, printed.decode()
    return printed.decode()


class Prometheus:
    """``async with Prometheus(directory, "localhost:3978") as prometheus``: scrapes it every second."""

    def __init__(self, directory: Path, target: str) -> None:
        self.directory = directory
        self._target = target
        self._address = f"127.0.0.1:{free_port()}"

    async def __aenter__(self) -> Self:
        self.directory.mkdir(exist_ok=True)
        self.configure()
        with (self.directory / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                tool("prometheus"),
                f"--config.file={self.directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.directory / 'data'}",
                f"--web.listen-address={self._address}",
                stdout=log,
                stderr=log,
            )
        self._client = aiohttp.ClientSession(f"http://{self._address}")
        return self

    def configure(self) -> None:
        """Write the configuration and the rules into the directory."""
        shutil.copytree(DEPLOY / "prometheus", self.directory, dirs_exist_ok=True)
        config = self.directory / "prometheus.yml"
        text = config.read_text("utf-8").replace("localhost:3978", self._target).replace("15s", "1s")
        config.write_text(text, "utf-8")

    async def __aexit__(self, *_exc: object) -> None:
        await self._client.close()
        self._process.terminate()
        await self._process.wait()

    async def get(self, path: str, **query: str) -> Any:
        """Return the data of an answer of its API; waits until it is up, and fails if it refuses."""
        while True:
            assert self._process.returncode is None, (self.directory / "log").read_text("utf-8")
            try:
                async with self._client.get(path, params=query) as answer:
                    if answer.status != 503:  # It is starting.
                        said = await answer.json()
                        assert said["status"] == "success", said
                        return said["data"]
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)

    async def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the series of *expression* now, each with its value."""
        data = await self.get("/api/v1/query", query=expression)
        return [(each["metric"], float(each["value"][1])) for each in data["result"]]
