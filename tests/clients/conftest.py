"""A bot and a browser."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.bot_process import BotProcess, install

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

try:
    from playwright.async_api import Browser, async_playwright
except ImportError:
    collect_ignore_glob = ["test_*.py"]
else:

    @pytest.fixture
    async def browser() -> AsyncIterator[Browser]:
        """The Chromium of the system."""
        assert _CHROMIUM is not None, "Chromium is needed"
        async with async_playwright() as playwright:
            started = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
            yield started
            await started.close()

    @pytest.fixture
    async def bot(tmp_path: Path) -> AsyncIterator[BotProcess]:
        """The bot as people run it, with a new database."""
        database = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
        async with BotProcess(install(tmp_path), DATABASE_URL=database) as process:
            await process.started()
            yield process
