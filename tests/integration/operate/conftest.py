import asyncio

import pytest

from operate.__main__ import main
from tests.fakes.schemas import new_migrated_schema


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "postgres":
        return new_migrated_schema()
    return f"sqlite:///{tmp_path / 'jobs.sqlite3'}"


@pytest.fixture
def operate(url, monkeypatch, capsys):
    """``code, lines = await operate("purge", "--yes")`` runs the command as a program would."""

    async def operate(*arguments):
        monkeypatch.setenv("DATABASE_URL", url)
        code = await asyncio.to_thread(main, list(arguments))
        captured = capsys.readouterr()
        return code, (captured.out + captured.err).splitlines()

    return operate
