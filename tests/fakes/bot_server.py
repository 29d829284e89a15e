"""A test server that runs an application as production does."""

from typing import Any

from aiohttp.test_utils import TestServer

from web.server.runner import ProblemRunner


class BotServer(TestServer):
    """aiohttp's, with our runner: without it, failures are answered in aiohttp's own way."""

    async def _make_runner(self, **kwargs: Any) -> ProblemRunner:
        return ProblemRunner(self.app, **kwargs)
