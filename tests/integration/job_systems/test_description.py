"""The API's description: it is true, whatever a program asks that reads it."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from web.routes.description import PATH

ROOT = Path(__file__).parents[3]
TOKEN = "a-token-of-the-api-that-nobody-guesses"  # noqa: S105

#: Requests without a token are let in, too, from this machine; so are methods that aiohttp answers itself.
NOT_CHECKED = "ignored_auth,unsupported_method"


@pytest.fixture
def config(config):
    return config.model_copy(update={"job_api_tokens": (SecretStr(TOKEN),)})


async def test_it_names_every_route_of_the_api(bot):
    async with bot.get(PATH) as answer:
        described = await answer.json()
    served = {
        re.sub(r":[^}]+}", "}", route.resource.canonical)
        for route in bot.app.router.routes()
        if route.resource.canonical.startswith("/api/")
        and route.resource.canonical not in ("/api/messages", "/api/messages/", PATH)
    }
    assert served == set(described["paths"])
    assert set(described["webhooks"]) >= {"job.created", "notice.delivered"}


@pytest.mark.slow
async def test_every_answer_is_as_it_says(bot):
    """Schemathesis asks what the description allows and what it does not, and follows its links."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", str(bot.make_url(PATH)), "--no-color"),
        *("--url", str(bot.make_url("/")).rstrip("/")),
        *("--checks", "all", "--exclude-checks", NOT_CHECKED, "--max-examples", "25", "--seed", "1"),
        *("--header", f"Authorization: Bearer {TOKEN}"),
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fakes.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 240)
    said = out.decode()
    generated = re.search(r"(\d+) generated", said)
    assert process.returncode == 0, said
    assert generated and int(generated[1]) > 500
