"""What a hostile page, a neighbour or a guesser achieves: nothing."""

import pytest

from tests.integration.board.conftest import ACTS, COOKIE, SEES


@pytest.fixture
async def job(chat, started):
    return await started(chat("a"))


async def acts(operator):
    return (await operator.get("/board/audit")).count("<td>cancel</td>")


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("own", {"Origin": "https://evil.example"}),
        ("own", {"Origin": "null"}),
        ("own", {"Sec-Fetch-Site": "cross-site"}),
        ("own", {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_a_page_of_another_site_cannot_act(operator, job, kind, headers):
    form = {"token": await operator.token() if kind == "own" else kind}
    answer, _ = await operator.ask("POST", f"/board/jobs/{job}/cancel", form, **headers)
    assert answer.status == 403
    assert await acts(operator) == 0


async def test_the_token_of_another_browser_does_not_count(browser, operator, job):
    other = browser()
    await other.sign_in(ACTS, "Eve")
    form = {"token": await other.token()}
    answer, _ = await operator.ask("POST", f"/board/jobs/{job}/cancel", form)
    assert answer.status == 403


async def test_a_form_must_be_one(operator, job):
    answer = await operator.bot.post(
        f"/board/jobs/{job}/cancel",
        json={"token": await operator.token()},
        headers={"Cookie": f"{COOKIE}={operator.cookie}"},
    )
    assert answer.status == 415


async def test_the_cookie_is_bound_to_this_host_and_kept_from_scripts(browser):
    answer, _ = await browser().sign_in(ACTS)
    (said,) = answer.headers.getall("Set-Cookie")
    assert said.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= set(said.split("; "))
    assert "Domain" not in said


async def test_a_session_that_was_changed_is_none(operator):
    content, instant, signature = operator.cookie.split(".")
    later = instant[:-1] + ("A" if instant[-1] != "A" else "B")
    for changed in (
        f"x{operator.cookie}",
        f"{content}.{later}.{signature}",
        f"{content}.{instant}.{signature[::-1]}",
        f"{content}.{instant}",
        "x" * 40,
        "",
    ):
        operator.cookie = changed
        answer, _ = await operator.ask("GET", "/board")
        assert answer.status == 303


async def test_a_viewers_session_says_viewer_whatever_it_is_called(viewer):
    assert '<span class="role">viewer</span>' in await viewer.get("/board")
    answer, _ = await viewer.ask("POST", "/board/runs", {"token": "", "act": "requeue"})
    assert answer.status == 403


@pytest.mark.parametrize(
    ("following", "leads"),
    [
        ("/board/jobs?q=state:failed", "/board/jobs?q=state:failed"),
        ("https://evil.example/board", "/board"),
        ("//evil.example", "/board"),
        ("/board//evil.example", "/board"),
        ("/board\\evil", "/board"),
        ("/boardx", "/board"),
        ("", "/board"),
    ],
)
async def test_signing_in_leads_to_a_page_of_the_board_alone(browser, following, leads):
    answer, _ = await browser().sign_in(ACTS, following=following)
    assert (answer.status, answer.headers["Location"]) == (303, leads)


async def test_guessing_is_slowed_down_and_the_right_secret_with_it(browser, operator):
    person = browser()
    statuses = [(await person.sign_in("wrong"))[0].status for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    answer, _ = await person.sign_in(ACTS)
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 10
    answer = await person.bot.get("/api/operators/jobs", headers={"Authorization": f"Bearer {SEES}"})
    assert answer.status == 429
    assert "Ann" in await operator.get("/board")  # Who is signed in goes on.


async def test_signing_out_forgets_the_session(operator):
    assert await operator.submit("/board/sign-out") == "/board"
    assert operator.cookie == ""


@pytest.mark.parametrize("path", ["", "/jobs", "/sign-in", "/audit", "/static/board.js"])
async def test_no_page_can_be_framed_or_run_foreign_scripts(operator, path):
    answer, _ = await operator.ask("GET", f"/board{path}")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers
