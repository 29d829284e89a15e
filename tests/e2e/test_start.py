"""What an operator sees when the bot starts, or cannot."""

import socket
import sqlite3
from pathlib import Path

import pytest

from version import VERSION


async def fails(bot) -> str:
    """Wait until *bot* has exited, and return its error."""
    code = await bot.exit_code()
    assert code == 1
    assert bot.stdout == ""
    assert "Traceback" not in bot.stderr
    return bot.stderr


async def test_it_says_where_it_listens_what_it_stores_whom_it_trusts_and_how_to_chat(start_bot, tmp_path):
    async with start_bot() as bot:
        await bot.started()
        bot.terminate()
        assert await bot.exit_code() == 0
    url = f"{bot.url}/api/messages"
    assert bot.stdout.startswith(f"The proactive bot {VERSION} listens on {url}\n")
    assert f"Jobs are kept in sqlite:///{tmp_path}/jobs.sqlite3" in bot.stdout
    assert "Authentication is off. That is safe while only this machine can reach the bot:" in bot.stdout
    assert "a proxy or a tunnel in front makes it public. Set MicrosoftAppId" in bot.stdout
    assert f"npx --yes @microsoft/m365agentsplayground -e {url} -c emulator" in bot.stdout
    assert bot.stderr == ""


async def test_probable_mistakes_in_the_settings_are_warned_of_and_it_starts(start_bot):
    async with start_bot(PROT="3979", MicrosoftAppId="my-bot", MicrosoftAppPassword="hunter2") as bot:
        await bot.started()
        bot.terminate()
        assert await bot.exit_code() == 0
    assert "WARNING app: PROT is not a setting and does nothing: did you mean PORT?\n" in bot.stderr
    assert "WARNING app: MicrosoftAppId is not a GUID such as " in bot.stderr
    assert "hunter2" not in bot.stdout + bot.stderr


@pytest.mark.slow
async def test_an_ipv6_address_is_said_as_a_url_writes_it(start_bot):
    async with start_bot(HOST="::1") as bot:
        client = await bot.started()
        assert bot.url.startswith("http://[::1]:")
        async with client.get("/api/messages") as response:
            assert response.status == 200
            assert "This is a chat bot." in await response.text()


@pytest.mark.slow
@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "192.0.2.1"])
async def test_an_address_that_is_not_this_machines_is_one_line(start_bot, host):
    async with start_bot(HOST=host, ALLOW_ANONYMOUS="true") as bot:
        message = await fails(bot)
    assert message.startswith(f"Cannot listen on {host}:0: ")
    assert message.count("\n") == 1


@pytest.mark.slow
async def test_without_any_setting_jobs_are_kept_beside_the_program(start_bot, installation):
    async with start_bot(DATABASE_URL="") as bot:
        await bot.started()
    assert (installation / "proactive-bot.sqlite3").exists()


async def test_a_taken_port_is_one_line(start_bot):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with start_bot(HOST="127.0.0.1", PORT=str(port)) as bot:
            message = await fails(bot)
    assert message.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert message.endswith("address already in use. Name an address that is free with HOST and PORT.\n")
    assert message.count("\n") == 1


def a_directory(path: Path) -> Path:
    path.mkdir()
    return path


def a_missing_directory(path: Path) -> Path:
    return path / "jobs.sqlite3"


def no_database(path: Path) -> Path:
    path.write_text("Dear diary, today I wrote no database.\n" * 100)
    return path


def a_newer_database(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    database.close()
    return path


def another_programs_database(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE jobs (advertised TEXT)")
    database.close()
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "make, reason",
    [
        (a_directory, "unable to open database file"),
        (a_missing_directory, "unable to open database file"),
        (no_database, "file is not a database"),
        (a_newer_database, "revision 9999_from_the_future, which a newer version of the bot wrote"),
        (another_programs_database, "table jobs already exists"),
    ],
)
async def test_a_database_that_cannot_be_used_is_one_line(start_bot, tmp_path, make, reason):
    path = make(tmp_path / "chosen")
    async with start_bot(DATABASE_URL=f"sqlite:///{path}") as bot:
        message = await fails(bot)
    assert message.startswith(f"The job log {path} cannot be used: ")
    assert reason in message
    assert message.count("\n") == 1


async def test_all_faulty_settings_are_named_at_once_and_no_secret_is_printed(start_bot):
    async with start_bot(
        PORT="no number",
        MicrosoftAppPassword="hunter2",
        DATABASE_URL="postgresql://bot:hunter3@host:hunter4/jobs",
        HOST="192.0.2.1",
    ) as bot:
        message = await fails(bot)
    for name in ("PORT", "MicrosoftAppPassword", "DATABASE_URL", "HOST"):
        assert name in message
    assert message.count("\n") == 4
    assert "hunter" not in message


@pytest.mark.slow
async def test_the_password_of_a_database_is_not_printed(start_bot):
    async with start_bot(DATABASE_URL="mysql://bot:hunter2@host/jobs") as bot:
        message = await fails(bot)
    assert message.startswith("DATABASE_URL: is no database URL")
    assert "hunter2" not in message
