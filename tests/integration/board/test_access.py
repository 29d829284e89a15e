"""Who gets what: every route, for a stranger, a viewer and an operator, as docs/reference/board.md says."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr

from app import build_app
from jobs.operators import Operator, Role
from tests.fakes.bot_server import BotServer
from tests.integration.board.conftest import ACTS, SEES, Browser
from web.board.access import Visit

GUIDE = Path(__file__).parents[3] / "docs/reference/board.md"
LINE = re.compile(r"^\| `(GET|POST) (/\S+)` \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
TABLE = [(method, path, *map(int, statuses)) for method, path, *statuses in LINE.findall(GUIDE.read_text())]

#: What each route with a body is asked.
FORMS = {"/board/queues/try": {"lane": "x"}, "/board/runs": {"act": "requeue"}}
BODIES = {
    "/api/operators/queues/try": {"queue": "x"},
    "/api/operators/runs": {"act": "requeue"},
    "/api/dead-letters/requeue": {},
    "/api/dead-letters/purge": {},
}
QUERIES = {"/board/dead/confirm": "?act=requeue"}


def filled(path, job):
    """Return *path* with a value for each of its variables."""
    values = {"job": job, "run": "1", "act": "stop", "switch": "stop", "name": "board.css"}
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), path)


@pytest.fixture
async def job(chat, started):
    return await started(chat("a"))


def test_the_table_has_every_route(bot):
    ours = ("/board", "/api/operators", "/api/dead-letters", "/api/parked")
    served = {
        (route.method, re.sub(r"\{(\w+):(?:[^{}]|\{[^}]*\})+\}", r"{\1}", route.resource.canonical))
        for route in bot.app.router.routes()
        if route.resource.canonical.startswith(ours) and route.method != "HEAD"
    }
    assert {(method, path) for method, path, *_ in TABLE} == served


@pytest.mark.parametrize(("method", "path", "stranger", "viewer", "operator"), TABLE)
async def test_each_route_answers_each_role_as_the_guide_says(
    bot, browser, job, method, path, stranger, viewer, operator
):
    for secret, name, expected in ((None, "", stranger), (SEES, "Bob", viewer), (ACTS, "Ann", operator)):
        person = browser()
        if secret:
            await person.sign_in(secret, name)
        status = await asked(person, secret, method, path, filled(path, job))
        assert status == expected, (path, name)


async def asked(person: Browser, secret, method, route, path):
    if route == "/board/sign-in" and method == "POST":
        answer, _ = await person.sign_in(secret or "wrong")
    elif path.startswith("/api/"):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        body = {"json": BODIES.get(route, {})} if method == "POST" else {}
        answer = await person.bot.request(method, path, headers=headers, **body)
    else:
        form = dict(FORMS.get(route, {"x": "y"})) if method == "POST" else None
        if form is not None and secret:
            form["token"] = await person.token("/board")
        answer, _ = await person.ask(method, path + QUERIES.get(route, ""), form)
    answer.close()
    return answer.status


OF_THE_BOARD = [(method, path) for method, path, *_ in TABLE if path.startswith("/board")]


@pytest.mark.parametrize(("method", "path"), OF_THE_BOARD)
async def test_without_a_way_in_there_is_no_board(config, method, path):
    """Neither its pages nor its files say that the bot has one."""
    closed = config.model_copy(update={"operator_secrets": (), "viewer_secrets": (), "allow_anonymous": True})
    async with TestClient(BotServer(build_app(closed))) as client:
        answer, text = await Browser(client).ask(method, filled(path, 7), {} if method == "POST" else None)
        assert answer.status == 404
        assert "board" not in text


@pytest.fixture
def here(config):
    """A bot without authentication, in which nobody has a secret."""
    return config.model_copy(update={"operator_secrets": (), "viewer_secrets": ()})


async def test_on_this_machine_without_authentication_it_is_open(here):
    async with TestClient(BotServer(build_app(here))) as client:
        async with client.post("/api/jobs", json={"title": "nightly"}) as answer:
            job = (await answer.json())["jobId"]
        person = Browser(client, name="board")
        page = await person.get(f"/board/jobs/{job}")
        assert "this machine" in page and "nightly" in page
        assert await person.submit(f"/board/jobs/{job}/cancel", at=f"/board/jobs/{job}")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_and_for_nobody_else(here, headers):
    async with TestClient(BotServer(build_app(here))) as client:
        answer, _ = await Browser(client, name="board").ask("GET", "/board", **headers)
        assert answer.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-MS-CLIENT-PRINCIPAL-NAME": "Ann@contoso.example"}, 303),
        ({"X-MS-CLIENT-PRINCIPAL-NAME": "x", "X-MS-CLIENT-PRINCIPAL-ID": "0000-ANN"}, 303),
        ({"X-MS-CLIENT-PRINCIPAL-NAME": "bob@contoso.example"}, 403),
        ({}, 403),
    ],
)
async def test_the_platforms_sign_in_names_people(config, headers, status):
    easy = {
        "operator_secrets": (),
        "viewer_secrets": (),
        "easy_auth_operators": frozenset({"ann@contoso.example", "0000-ann"}),
        "easy_auth_viewers": frozenset({"*"}),
    }
    async with TestClient(BotServer(build_app(config.model_copy(update=easy)))) as client:
        person = Browser(client)
        answer, _ = await person.ask("GET", "/board", **headers)
        token = await form_token(person)
        answer, _ = await person.ask("POST", "/board/runs", {"act": "requeue", "token": token}, **headers)
        assert answer.status == status


async def form_token(person):
    """Return the token that pages of this browser carry, also where its person sees no form."""
    return Visit(Operator("", Role.VIEWER, ""), person.cookie, is_new=False).form_token


async def test_names_in_headers_mean_nothing_where_no_platform_is_declared(browser):
    answer, _ = await browser().ask("GET", "/board", **{"X-MS-CLIENT-PRINCIPAL-NAME": "ann@contoso.example"})
    assert answer.status == 303


async def test_two_secrets_are_valid_while_one_replaces_the_other(config, operator):
    new = SecretStr("the-next-secret-that-nobody-guesses-at-all")
    for secrets, status in (((new, SecretStr(ACTS)), 200), ((new,), 303)):
        later = config.model_copy(update={"operator_secrets": secrets})
        async with TestClient(BotServer(build_app(later))) as client:
            answer, _ = await Browser(client, operator.cookie).ask("GET", "/board")
            assert answer.status == status
