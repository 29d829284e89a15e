import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from app import build_app
from config import Config
from tests.fakes.bot_server import BotServer

ACTS, SEES = "an-operators-secret-that-nobody-guesses", "a-viewers-secret-that-nobody-guesses-either"
COOKIE = "__Host-board"


@pytest.fixture
def config(config: Config) -> Config:
    """A bot with a secret for each role."""
    secrets = {"operator_secrets": (SecretStr(ACTS),), "viewer_secrets": (SecretStr(SEES),)}
    return config.model_copy(update=secrets)


@pytest.fixture
async def bot(config: Config):
    """The real application on loopback, for clients that keep no cookies by themselves."""
    async with TestClient(BotServer(build_app(config)), cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


@dataclass
class Browser:
    """What a person does with a browser; it follows nothing by itself."""

    bot: TestClient[Any, Any]
    cookie: str = ""
    name: str = COOKIE

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str):
        given = {"Cookie": f"{self.name}={self.cookie}", **headers} if self.cookie else headers
        answer = await self.bot.request(method, path, data=form, headers=given, allow_redirects=False)
        text = "" if answer.content_type == "text/event-stream" else await answer.text()
        if self.name in answer.cookies:
            self.cookie = answer.cookies[self.name].value
        return answer, text

    async def get(self, path: str, **headers: str) -> str:
        answer, text = await self.ask("GET", path, **headers)
        assert answer.status == 200, (answer.status, text)
        return text

    async def token(self, path: str = "/board/audit") -> str:
        """Return the token of the forms of this browser."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', await self.get(path))
        assert found is not None
        return found[1]

    async def submit(self, path: str, *, at: str = "/board/audit", **form: str):
        """Send a form as the page *at* would; return where it leads."""
        origin = str(self.bot.make_url("")).rstrip("/")
        said = {"token": await self.token(at), **form}
        answer, text = await self.ask("POST", path, said, Origin=origin)
        assert answer.status == 303, (answer.status, text)
        return answer.headers["Location"]

    async def sign_in(self, secret: str, name: str = "Ann", following: str = ""):
        return await self.ask("POST", "/board/sign-in", {"secret": secret, "name": name, "next": following})


@pytest.fixture
def browser(bot) -> Callable[[], Browser]:
    return lambda: Browser(bot)


@pytest.fixture
async def operator(browser) -> Browser:
    person = browser()
    await person.sign_in(ACTS)
    return person


@pytest.fixture
async def viewer(browser) -> Browser:
    person = browser()
    await person.sign_in(SEES, "Bob")
    return person
