"""What an operator is told when the database cannot be used: one line, and never a password."""

import asyncio
import logging
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from yarl import URL

from state.errors import StoreUnavailable, StoreUnusable
from state.store.opening import open_store
from state.store.postgres.opening import open_postgres
from tests.contract.asking import claim_one, job_ids, owe
from tests.contract.databases import LEASE
from tests.fakes.lossy_line import LossyLine
from tests.fakes.schemas import new_schema
from tests.integration.upgrade.test_earlier_schemas import migrate

CASES = {
    "no such database": (lambda url: url.with_path("/nowhere"), 'database "nowhere" does not exist'),
    "no such user": (lambda url: url.with_user("nobody"), 'role "nobody" does not exist'),
    "nobody listens": (lambda url: url.with_port(1), "Connect call failed"),
    "no such host": (lambda url: url.with_host("no-such-host.invalid"), "no-such-host.invalid:"),
    "no such schema": (lambda url: url.with_query(search_path="nowhere"), "no schema"),
    "no such setting": (lambda url: url.with_query(colour="green"), 'parameter "colour"'),
    "no such cache": (lambda url: url.with_query(prepared_statement_cache_size=5), "can be 0"),
    "no such way of encryption": (lambda url: url.with_query(sslmode="perhaps"), "sslmode"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_database_that_cannot_be_used_is_one_line(url, case):
    change, reason = CASES[case]
    dsn = str(change(URL(url).with_password("hunter2")))
    with pytest.raises(StoreUnusable) as raised:
        async with open_postgres(dsn, lease=LEASE, patience=timedelta()):
            pass
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "dsn, server",
    [
        ("postgresql://bot:hunter2@127.0.0.1:1/jobs", "PostgreSQL at 127.0.0.1:1 cannot"),
        ("postgresql://bot:hunter2@[::1]:1/jobs", "PostgreSQL at [::1]:1 cannot"),
        ("postgresql://bot:hunter2@ignored/jobs?host=127.0.0.1&port=1", "PostgreSQL at 127.0.0.1:1 cannot"),
        ("postgresql://bot:hunter2@/jobs?host=/no/such/folder", "PostgreSQL at /no/such/folder cannot"),
        (
            "postgresql://bot:pass@hunter2@127.0.0.1:1/jobs",
            "PostgreSQL at the address in DATABASE_URL cannot",
        ),
        ("postgresql://bot:hunter2/x@127.0.0.1:1/jobs", "percent-encode what is special"),
    ],
)
async def test_a_server_that_is_down_is_named_by_host_and_port_and_no_password_is_said(dsn, server):
    with pytest.raises(StoreUnusable) as raised:
        async with open_postgres(dsn, lease=LEASE, patience=timedelta()):
            pass
    assert server in str(raised.value)
    assert "hunter2" not in str(raised.value)


async def test_a_server_that_is_down_is_asked_again_after_longer_and_longer_rests(caplog):
    with pytest.raises(StoreUnusable):
        async with open_postgres(
            "postgresql://bot:hunter2@127.0.0.1:1/jobs", lease=LEASE, patience=timedelta(seconds=1)
        ):
            pass
    said = [record.getMessage() for record in caplog.records]
    assert all(line.startswith("PostgreSQL at 127.0.0.1:1 cannot be used yet: ") for line in said)
    rests = [line.partition("next attempt in ")[2] for line in said]
    assert rests[:2] == ["0.25 s", "0.5 s"]
    assert "hunter2" not in caplog.text


async def test_a_server_that_comes_up_meanwhile_is_used(url):
    """As under Docker Compose, where the bot and its database start together."""
    server = URL(url)
    opening, refused = logging.getLogger("state.store.postgres.opening"), logging.Handler()
    async with LossyLine(server.host, server.port or 5432) as line:
        line.close()
        refused.emit = lambda record: line.open()
        opening.addHandler(refused)
        try:
            late = str(server.with_host("127.0.0.1").with_port(line.port))
            async with open_postgres(late, lease=LEASE) as store:
                await store.check()
        finally:
            opening.removeHandler(refused)
    assert line.connections > 1


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_every_usual_way_to_write_the_url_is_understood(url, scheme):
    async with open_store(f"{scheme}://{url.partition('://')[2]}", lease=LEASE) as store:
        await store.check()


async def test_a_database_of_a_newer_bot_is_left_alone(url, store):
    server = await asyncpg.connect(url)
    await server.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    await server.close()
    with pytest.raises(StoreUnusable, match="a newer version of the bot wrote"):
        async with open_postgres(url, lease=LEASE):
            pass


@pytest.fixture
async def latin_url(url):
    """A database whose text is LATIN1."""
    name = f"latin_{uuid4().hex}"
    server = await asyncpg.connect(str(URL(url).with_query(None)))
    await server.execute(
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    yield str(URL(url).with_path(f"/{name}").with_query(None))
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


async def test_a_database_that_is_not_utf_8_is_refused_and_the_start_says_what_to_do(latin_url):
    """Otherwise every turn with an emoji would be answered 503."""
    with pytest.raises(
        StoreUnusable, match=r"its encoding is LATIN1, .* create a database with ENCODING 'UTF8'"
    ):
        async with open_postgres(latin_url, lease=LEASE, patience=timedelta()):
            pass


async def test_a_host_that_does_not_resolve_yet_is_asked_again(caplog):
    """The bot may start before the name of its database is known."""
    dsn = "postgresql://bot@no-such-host.invalid/jobs"
    with pytest.raises(StoreUnusable, match="no-such-host"):
        async with open_postgres(dsn, lease=LEASE, patience=timedelta(seconds=0.5)):
            pass
    assert "cannot be used yet" in caplog.text
    assert "next attempt in" in caplog.text


async def test_a_server_that_takes_no_writes_is_not_ready(url, opened):
    """A standby, or a server whose disk is full: every turn fails there."""
    async with opened():  # It has the schema.
        pass
    standby = str(URL(url).update_query(default_transaction_read_only="on"))
    async with open_postgres(standby, lease=LEASE) as store:
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.check()


async def test_an_instant_that_a_wrong_clock_stored_is_not_believed(url, opened, monkeypatch):
    """Two years ahead when it was stored: the retry would wait until then."""
    server = await asyncpg.connect(url)
    async with opened() as store:
        for _ in range(2):  # Just after the start, and while the bot runs.
            owed = await owe(store)
            await server.execute("UPDATE lanes SET due_at = due_at + 63072000000000 WHERE due_at IS NOT NULL")
            claim = await claim_one(store)
            assert job_ids(claim) == owed
            await store.sent(claim, claim.notices[-1].seq)
            monkeypatch.setattr(store, "_disbelieve_at", 0.0)  # A minute later.
    await server.close()


async def test_a_migration_that_has_to_give_way_to_statements_of_another_version_is_tried_again():
    """Replicas of the version before serve meanwhile; the server ends one of two that wait for each other."""
    url = new_schema()
    await migrate(url, "0013")
    other = await asyncpg.connect(url)
    await other.execute("SET deadlock_timeout = '1min'")  # So that it is not this one that gives way.
    async with other.transaction():
        await other.execute("LOCK TABLE notices IN ACCESS SHARE MODE")
        opening = asyncio.create_task(_opened(url))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'notices'::regclass"
        async with asyncio.timeout(20):
            while not await other.fetchval(waiting):
                pass
        await other.execute("LOCK TABLE jobs IN ACCESS SHARE MODE")
    await other.close()
    await opening


async def _opened(url):
    async with open_postgres(url, lease=timedelta(seconds=30)) as store:
        await store.check()
