"""A person who opens the bot's address in a browser reads what it is."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from aiohttp.test_utils import TestClient

from app import build_app
from tests.fakes.bot_server import BotServer
from tests.unit.web.intake.test_activity_document import message
from version import VERSION


class Tags(HTMLParser):
    """Collects the page's elements and attributes, and fails where they do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ["/", "/api/messages", "/api/messages/"])
async def test_a_browser_gets_a_page_that_says_what_this_is(bot, path):
    async with bot.get(path, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        text = await answer.text()
    assert "This is a chat bot." in text
    assert "<code>/api/messages</code>" in text


async def test_the_page_has_no_script_and_its_policy_allows_none(bot):
    async with bot.get("/") as answer:
        text, headers = await answer.text(), answer.headers
    page = Tags()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.seen.isdisjoint({"script", "img", "iframe", "link", "form", "a"})
    assert page.attributes == {"lang", "charset", "name", "content"}  # None runs code or sets a style.
    [style] = re.findall(r"<style>(.*)</style>", text)
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_tells_neither_settings_nor_versions_and_repeats_nothing(config):
    config = config.model_copy(update={"app_id": "app-1234", "allow_anonymous": True})
    async with TestClient(BotServer(build_app(config))) as bot:
        answers = []
        for path, host in (("/", "localhost"), ("/?q=%3Cb%3E", "evil.example")):
            async with bot.get(path, headers={"Host": host, "User-Agent": "<script>"}) as answer:
                assert answer.headers["Server"] == "proactive-bot"
                answers.append(await answer.text())
    assert answers[0] == answers[1]
    assert all(word not in answers[0] for word in ("app-1234", VERSION, "sqlite", "Python"))


@pytest.mark.parametrize("path", ["/", "/api/messages"])
async def test_other_methods_are_still_refused(bot, path):
    async with bot.put(path) as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"].split(",")
        assert answer.content_type == "application/problem+json"


async def test_messages_are_still_taken_where_the_page_is(chat):
    assert "job log is empty" in await chat("a").say("show")


async def test_a_message_to_the_endpoint_with_a_slash_behind_is_answered(bot, connector):
    async with bot.post("/api/messages/", json=message(serviceUrl=connector.service_url)) as answer:
        assert answer.status == 200
    assert connector.delivered[0].text.startswith("We're starting job")
