from collections.abc import AsyncIterator

import pytest
from pydantic import AnyHttpUrl, SecretStr

from config import Config
from tests.fakes.job_system import FakeJobSystem
from tests.fakes.signing import SECRET


@pytest.fixture
async def system() -> AsyncIterator[FakeJobSystem]:
    async with FakeJobSystem() as system:
        yield system


@pytest.fixture
def config(config: Config, system: FakeJobSystem) -> Config:
    """A bot whose new jobs go to *system*."""
    changed = {
        "job_webhook_url": AnyHttpUrl(system.url),
        "job_webhook_secret": (SecretStr(SECRET),),
        "job_system_secrets": (SecretStr(SECRET),),
        "public_url": AnyHttpUrl("http://bot.example"),
    }
    return config.model_copy(update=changed)


@pytest.fixture
def report(bot):
    """Reports on a job by its token, as one line of shell would."""

    async def report(number, kind, body="", *, token=None, headers=None, **query):
        given = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        url = f"/api/jobs/{number}/report/{kind}"
        async with bot.post(url, data=body.encode(), headers=given, params=query) as answer:
            return answer.status, await answer.json(content_type=None)

    return report
