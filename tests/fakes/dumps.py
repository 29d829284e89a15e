"""Databases as the first schema left them, restored from dumps that the bot of that time wrote."""

import sqlite3
from pathlib import Path

import asyncpg

from tests.fakes.schemas import new_schema

_DUMPS = Path(__file__).parents[1] / "fixtures" / "schemas"
_DUMPED_CONNECTOR = "http://127.0.0.1:1"

DIALECTS = ("sqlite", "postgresql")


async def restored(dialect: str, folder: Path, service_url: str = _DUMPED_CONNECTOR) -> str:
    """Return the URL of a new database with the dump in it, whose conversations are at *service_url*."""
    script = (_DUMPS / f"0001.{dialect}.sql").read_text("utf-8").replace(_DUMPED_CONNECTOR, service_url)
    if dialect == "sqlite":
        path = folder / "jobs.sqlite3"
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
        return f"sqlite:///{path}"
    url = new_schema()
    server = await asyncpg.connect(url)
    await server.execute(script)
    await server.close()
    return url
