"""Reports of jobctl as event activities: from the bot's own machine, and by an application of Entra ID."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app import build_app
from config import Config
from tests.fakes.bot_server import BotServer
from tests.fakes.fake_identity import CHANNEL_METADATA, DIRECTORY_METADATA, FakeIdentity
from tests.fakes.token_mint import APP_ID, JOB_SYSTEM, TokenMint

API_TOKEN = "a-token-of-the-api-that-nobody-guesses"  # noqa: S105
LOCALLY = {"JOBCTL_VIA": "activities"}


async def test_a_job_is_reported_by_event_activities(jobctl, chat, started, newest):
    a = chat("a")
    number = await started(a)
    assert (await jobctl("progress", number, "0.5", "-m", "half", **LOCALLY)).out == "running\n"
    assert (await newest())["report"] == {"progress": 0.5, "message": "half"}
    ended = await jobctl("fail", number, "-m", "no disk", "--json", **LOCALLY)
    assert json.loads(ended.out) == {
        "jobId": int(number),
        "state": "failed",
        "cancelRequested": False,
        "notices": [],
    }
    assert "no disk" in (await a.heard()).text


async def test_what_changes_nothing_is_refused_in_words(jobctl, chat, started):
    number = await started(chat("a"))
    await jobctl("succeed", number, **LOCALLY)
    again = await jobctl("fail", number, **LOCALLY)
    assert (again.code, "was complete before; nothing was changed" in again.err) == (1, True)
    unknown = await jobctl("succeed", "1", **LOCALLY)
    assert (unknown.code, "There is no job 1" in unknown.err) == (1, True)


async def test_a_command_that_is_cancelled_hears_of_it_by_the_answer(begin, jobctl, newest, url):
    options = ("--heartbeat", "0.2", "--", "sleep", "60")
    call = await begin("run", *options, url=url, **LOCALLY)
    job = None
    while job is None or job["state"] != "running":
        job = await newest() if (await jobctl("list")).out else None
    await jobctl("cancel", str(job["jobId"]))
    assert (await call.ended()).code == -15
    assert (await newest())["state"] == "cancelled"


class Login:
    """The token endpoint of Entra ID."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.refuses = False

    async def answer(self, request: web.Request) -> web.Response:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if self.refuses:
            said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
            return web.json_response(said, status=401)
        token = TokenMint(datetime.now(UTC)).application(JOB_SYSTEM)
        return web.json_response({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


@pytest.fixture
def login() -> Login:
    return Login()


@pytest.fixture
async def guarded(tmp_path, login) -> AsyncIterator[dict[str, str]]:
    """A bot with authentication; what jobctl needs to know about it."""
    app = web.Application()
    app.router.add_post("/the-tenant/oauth2/v2.0/token", login.answer)
    async with FakeIdentity() as identity, TestServer(app) as directory:
        given = {
            "_env_file": None,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'guarded.sqlite3'}",
            "PORT": 0,
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": "secret",
            "ToBotFromChannelOpenIdMetadataUrl": identity.url(CHANNEL_METADATA),
            "ToBotFromEmulatorOpenIdMetadataUrl": identity.url(DIRECTORY_METADATA),
            "JOB_SYSTEM_APP_IDS": JOB_SYSTEM,
            "JOB_API_TOKENS": API_TOKEN,
        }
        async with BotServer(build_app(Config(**given))) as server:
            yield {
                "url": str(server.make_url("")).rstrip("/"),
                "JOBCTL_TOKEN": API_TOKEN,
                "JOBCTL_APP_ID": JOB_SYSTEM,
                "JOBCTL_APP_PASSWORD": "the secret",
                "JOBCTL_TENANT_ID": "the-tenant",
                "JOBCTL_BOT_APP_ID": APP_ID,
                "JOBCTL_LOGIN_URL": str(directory.make_url("")).rstrip("/"),
            }


async def test_an_application_reports_with_its_own_token(jobctl, guarded, login):
    number = (await jobctl("start", "nightly", **guarded)).out.strip()
    assert (await jobctl("succeed", number, **guarded)).out == "succeeded\n"
    assert login.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": JOB_SYSTEM,
            "client_secret": "the secret",
            "scope": f"{APP_ID}/.default",
        }
    ]
    assert (await jobctl("show", number, **guarded)).out == f"{number} succeeded nightly\n"


async def test_the_doctor_tries_the_application(jobctl, guarded, login):
    assert "ok   the application is believed" in (await jobctl("doctor", **guarded)).out
    login.refuses = True
    ended = await jobctl("doctor", **guarded)
    assert (ended.code, "AADSTS7000215" in ended.out) == (1, True)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"JOBCTL_VIA": "pigeon"}, "JOBCTL_VIA must be http or activities"),
        ({"JOBCTL_APP_ID": "x"}, "set JOBCTL_APP_PASSWORD, JOBCTL_TENANT_ID, JOBCTL_BOT_APP_ID, too"),
        (
            {
                "JOBCTL_APP_ID": "x",
                "JOBCTL_APP_PASSWORD": "x",
                "JOBCTL_TENANT_ID": "x",
                "JOBCTL_BOT_APP_ID": "x",
                "JOBCTL_LOGIN_URL": "http://login.example",
            },
            "JOBCTL_LOGIN_URL must begin with https://",
        ),
    ],
)
async def test_settings_that_do_not_fit_are_named(jobctl, changes, said):
    ended = await jobctl("flush", **changes)
    assert (ended.code, said in ended.err) == (2, True)
