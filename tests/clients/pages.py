"""Where the clients' packages are, and what the tests of all clients do with their pages."""

import os
from pathlib import Path

from playwright.async_api import Page

from tests.fakes.bot_process import BotProcess

_FOLDER = Path(__file__).parent

PACKAGES = _FOLDER / "node_modules"

#: Where screenshots are put; CI keeps them.
_SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", _FOLDER.parents[1] / "artifacts" / "clients"))


async def shoot(page: Page, name: str) -> None:
    """Take a screenshot of the page."""
    await page.screenshot(path=_SCREENSHOTS / f"{name}.png")  # Makes the folder.


async def report(bot: BotProcess, number: str, kind: str, **said: object) -> None:
    """Report on a job as its job system would."""
    client = await bot.started()
    async with client.post(f"/api/jobs/{number}/report/{kind}", json=said) as answer:
        assert answer.status == 202, await answer.text()


async def shows(page: Page, text: str) -> None:
    """Wait until *text* is in the page, looking with each frame that is drawn."""
    looks = "text => document.body.innerText.includes(text)"
    await page.wait_for_function(looks, arg=text, polling="raf")
