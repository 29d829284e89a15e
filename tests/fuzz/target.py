"""The process under attack, and what has to hold after each request."""

import asyncio
import gzip
import json
import re
import sqlite3
import zlib
from collections import Counter
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from yarl import URL

from tests.fakes.bot_process import BotProcess
from tests.fakes.chat import Chat
from tests.fakes.fake_connector import FakeConnector
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA, FakeIdentity
from tests.fakes.token_mint import APP_ID, TokenMint, public_jwk
from tests.fuzz.requests import JOB, RECORDED, SERVICE_URL, TOKEN, Hostile

SECRET = "the-secret"  # noqa: S105

#: What may be answered to what comes from outside; 0 stands for no answer, to who hung up. 501 is what an
#: invoke comes to that is none of ours.
EXPECTED = {0, 200, 400, 401, 403, 404, 405, 413, 415, 429, 501, 503}

#: Refused: then nothing may have changed. A 503 may come after the commit; the channel then sends again.
REFUSED = EXPECTED - {0, 200, 501, 503}

_INTERNALS = re.compile(
    r'Traceback|File "|\.py\b|Error\b|Exception|[Pp]ython|aiohttp|botbuilder|sqlite'
    r"|/tmp|/home|/usr|0x[0-9a-f]{6}"
    rf"|{SECRET}|Bearer \w"
)


_PACK = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}


class Target:
    """The bot as a process, with a channel, and with identity services where *authentication* is on."""

    def __init__(self, installation: Path, directory: Path, *, authentication: bool) -> None:
        self._installation = installation
        self._database = directory / f"fuzz-{authentication}.sqlite3"
        self._authentication = authentication
        self._opened = AsyncExitStack()
        self._token = ""
        self.statuses: Counter[int] = Counter()

    async def open(self) -> Self:
        self._connector = await self._opened.enter_async_context(FakeConnector())
        settings = {"DATABASE_URL": f"sqlite:///{self._database.as_posix()}"}
        if self._authentication:
            identity = await self._opened.enter_async_context(FakeIdentity())
            channels = sorted({activity["channelId"] for activity in RECORDED} | {"webchat"})
            identity.keys["/channel/keys"] = [public_jwk("channel", endorsements=channels)]
            settings |= {
                "MicrosoftAppId": APP_ID,
                "MicrosoftAppPassword": SECRET,
                "BotOpenIdMetadata": identity.url(CHANNEL_METADATA),
                "ToBotFromEmulatorOpenIdMetadataUrl": identity.url(DIRECTORY_METADATA),
                "ToChannelFromBotLoginUrl": identity.authority,
                "REQUESTS_CA_BUNDLE": str(identity.certificate),
                "SERVICE_URL_HOSTS": "http://127.0.0.1",
            }
            self._token = TokenMint(datetime.now(UTC)).channel(serviceurl=self._connector.service_url)
        self._bot = await self._opened.enter_async_context(BotProcess(self._installation, **settings))
        self._client = client = await self._bot.started()
        headers = {"Authorization": f"Bearer {self._token}"}
        self._chat, owner = (
            Chat(
                client=client,
                connector=self._connector,
                conversation_id=name,
                channel_id="webchat",
                headers=headers,
            )
            for name in ("good", "owner")
        )
        await self._chat.say("run")
        self._job = "".join(filter(str.isdigit, await owner.say("run")))
        return self

    async def close(self) -> None:
        await self._opened.aclose()

    @property
    def pid(self) -> int:
        return self._bot.pid

    @property
    def url(self) -> URL:
        return URL(self._bot.url)

    async def check(self, request: Hostile) -> int:
        """Send *request*; return the status. Raise `AssertionError` unless all that has to hold does."""
        before = self._log()
        status, head, body = await self._answer_to(self.rendered(request))
        self.statuses[status] += 1
        assert status in EXPECTED, (status, body)
        assert not _INTERNALS.search(head + body), head + body
        if status in REFUSED:
            assert "Content-Type: application/problem+json" in head, head
            assert not body or json.loads(body)["status"] == status
            assert self._log() == before
        assert "unforeseen" not in self._bot.stderr, self._bot.stderr[-5000:]
        return status

    async def check_that_it_serves(self) -> None:
        """Raise `AssertionError` unless a good request is answered as if nothing had happened."""
        answer = await self._chat.say("show")
        assert answer.startswith(("- ", "**In ")), answer

    async def alive(self) -> None:
        """Raise `AssertionError` unless a probe is answered."""
        async with self._client.get("/healthz") as answer:
            assert answer.status == 200

    @property
    def failed_turns(self) -> int:
        """Turns that ended in an apology: only what an odd service URL makes of a reply may do that."""
        return self._bot.stderr.count("A turn of type")

    @property
    def log(self) -> str:
        return self._bot.stderr

    def _log(self) -> tuple[int, ...]:
        with closing(sqlite3.connect(self._database)) as database:
            return tuple(database.execute("SELECT count(*), count(completed_at) FROM jobs").fetchone())

    def rendered(self, request: Hostile) -> bytes:
        """Return *request* as it goes out."""
        if request.raw is not None:
            return request.raw
        body = request.body
        for sign, meant in ((SERVICE_URL, self._connector.service_url), (JOB, self._job)):
            body = body.replace(sign.encode(), meant.encode())
        body = _PACK[request.packing](body)
        lines = ["POST /api/messages HTTP/1.1", "Connection: close"]
        if not any(name == "Host" for name, _ in request.headers):
            lines.append("Host: localhost")
        lines += [f"{name}: {value.replace(TOKEN, self._token)}" for name, value in request.headers]
        lines.append(f"Content-Length: {len(body) if request.length is None else request.length}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    async def _answer_to(self, request: bytes) -> tuple[int, str, str]:
        reader, writer = await asyncio.open_connection(self.url.host, self.url.port)
        try:
            writer.write(request)
            # What is to come may never come: then who waits for it would wait for ten seconds.
            answer = await asyncio.wait_for(reader.read(), 0.5 if _is_open_ended(request) else 30)
        except (TimeoutError, ConnectionError):
            return 0, "", ""
        finally:
            writer.close()
        if not answer:
            return 0, "", ""
        *_, answer = re.split(rb"(?=HTTP/1\.[01] (?!100))", answer, maxsplit=1)
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode("latin-1"), body.decode()


def _is_open_ended(request: bytes) -> bool:
    """Say whether the server may rightly wait for more: the head is no POST of ours with a true length."""
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = re.findall(rb"Content-Length: (-?\d+)", head)
    return (
        lengths != [b"%d" % len(body)]
        or b"Transfer-Encoding" in head
        or b"Expect" in head
        or b"Upgrade" in head
    )
