"""Which database a URL names, and that no password in it is ever shown."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import load_config
from settings.faults import ConfigError
from state.errors import StoreUnusable
from state.store.database_url import PostgresUrl, SqliteUrl, parse_database_url
from state.store.opening import open_store
from state.store.postgres.opening import open_postgres

SECRET = "hunter2"  # noqa: S105


@pytest.mark.parametrize(
    "url, path",
    [
        ("sqlite://", None),
        ("sqlite:///", None),
        ("sqlite:///:memory:", None),
        ("sqlite:///jobs.sqlite3", "jobs.sqlite3"),
        ("sqlite:////var/lib/bot/jobs@home #1.sqlite3", "/var/lib/bot/jobs@home #1.sqlite3"),
        ("sqlite:///C:/bot/jobs.sqlite3", "C:/bot/jobs.sqlite3"),
        ("sqlite+aiosqlite:///jobs.sqlite3", "jobs.sqlite3"),
    ],
)
def test_a_file_or_memory(url, path):
    assert parse_database_url(url) == SqliteUrl(path)


@pytest.mark.parametrize(
    "url", ["sqlite://u:hunter2@h/x", "sqlite://jobs.sqlite3", "sqlite://h/x", "sqlite:///x?password=hunter2"]
)
def test_a_file_has_no_host_no_user_and_no_parameter(url):
    """Such a URL silently created a file named after its last part, or used memory."""
    with pytest.raises(ValueError, match=r"write sqlite:///<file>, or sqlite:// for memory$") as raised:
        parse_database_url(url)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "url, shown",
    [
        ("postgresql://bot:hunter2@host/db", "postgresql://bot:***@host/db"),
        ("postgres://bot:hunter2@host:5433/db?sslmode=require", "postgresql://bot:***@host:5433/db"),
        (
            "postgresql+asyncpg://bot@db_1.example,[::1]:5433/jobs",
            "postgresql://bot@db_1.example,[::1]:5433/jobs",
        ),
        ("postgresql://host/db?user=bot&password=hunter2", "postgresql://host/db"),
        ("postgresql:///db?host=/var/run/postgresql", "postgresql:///db"),
        ("postgresql://%2Fvar%2Frun/db", "postgresql://%2Fvar%2Frun/db"),
        ("postgresql://bot:hun@ter2@host/db", "postgresql://bot:***@host/db"),
        ("postgresql://bot:hunter2%2F%23@host/db?", "postgresql://bot:***@host/db"),
        ("postgresql://", "postgresql://"),
    ],
)
def test_a_server_is_shown_without_its_password(url, shown):
    database = parse_database_url(url)
    assert isinstance(database, PostgresUrl)
    assert database.dsn == f"postgresql://{url.partition('://')[2]}"
    assert database.shown == shown
    assert SECRET not in repr(database)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:hunter2/x@host/db",
        "postgresql://bot:1234#hunter2@host/db",
        "postgresql://bot:1234?hunter2@host/db",
        "postgresql://bot:1234?a=hunter2@host/db",
        "postgresql://bot:hunter2",
        "postgresql://bot:[hunter2@host/db",
        "postgresql://bot:hunter2\N{ACCOUNT OF}@host/db",
        "postgresql://bot:hunter2 x@host/db",
        "postgresql://host/db?hunter2",
        "hunter2://",
        "mysql://bot:hunter2@host/db",
    ],
)
def test_what_two_libraries_could_read_differently_is_refused_and_not_quoted(url):
    with pytest.raises(ValueError, match="postgresql://<") as raised:
        parse_database_url(url)
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["sqlite://u:hunter2@h/x", "hunter2://", "postgresql://bot:hunter2"])
def test_who_opens_such_a_database_is_told_the_same(url):
    with pytest.raises(StoreUnusable, match=r"^DATABASE_URL: ") as raised:
        open_store(url, lease=timedelta(seconds=30))
    assert SECRET not in str(raised.value)


odd = st.text(st.sampled_from("/#?@:[]&=%+,; \\\N{FULLWIDTH COMMERCIAL AT}\n0a"), max_size=6)


@given(scheme=st.sampled_from(["postgresql", "sqlite", "mysql"]), before=odd, after=odd, rest=odd)
def test_no_output_has_a_password_in_it_whatever_is_around_it(scheme, before, after, rest):
    url = f"{scheme}://bot:{before}{SECRET}{after}@127.0.0.1:1/db{rest}"
    said = []
    try:
        said.append(load_config(_env_file=None, DATABASE_URL=url).storage)
    except ConfigError as error:
        said += error.faults
    else:
        said.append(asyncio.run(what_opening_says(url)))
    assert SECRET not in "\n".join(said)


@given(name=st.sampled_from(["password", "sslpassword", "passfile", "options"]), before=odd, after=odd)
def test_nor_has_one_that_is_a_parameter(name, before, after):
    url = f"postgresql://bot@127.0.0.1:1/db?{name}={before}{SECRET}{after}"
    with contextlib.suppress(ConfigError):
        said = load_config(_env_file=None, DATABASE_URL=url).storage
        assert SECRET not in said + asyncio.run(what_opening_says(url))


async def what_opening_says(url: str) -> str:
    database = parse_database_url(url)
    assert isinstance(database, PostgresUrl)
    with pytest.raises(StoreUnusable) as raised:
        async with open_postgres(database.dsn, lease=timedelta(seconds=30), patience=timedelta()):
            pass
    return str(raised.value)
