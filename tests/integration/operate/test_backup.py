"""``python -m operate``: copies of the job log, made while the bot runs, and put back."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from aiohttp.test_utils import TestClient
from pydantic import SecretStr
from yarl import URL

from app import build_app
from operate.__main__ import main
from tests.fakes.bot_server import BotServer
from tests.fakes.chat import Chat
from tests.fakes.schemas import new_migrated_schema

ROOT = Path(__file__).parents[3]


@pytest.fixture
def database(tmp_path):
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
def operate(monkeypatch, capsys):
    """``code, said = operate("check", url=…)`` runs the command in this process."""

    def operate(*arguments, url):
        monkeypatch.setenv("DATABASE_URL", url)
        code = main([str(each) for each in arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return operate


@pytest.fixture
def run(config, connector):
    """``async with run(url) as chat``: the bot with this job log."""

    def run(url):
        settings = config.model_copy(update={"database_url": SecretStr(url)})
        client = TestClient(BotServer(build_app(settings)))
        chat = Chat(client=client, connector=connector, conversation_id="a")
        return client, chat

    return run


async def number_of(chat):
    return int((await chat.say("run")).split("job ")[1].split()[0])


async def test_a_copy_made_under_load_has_all_that_was_answered_before(database, tmp_path, run, operate):
    url, copy = f"sqlite:///{database}", tmp_path / "copy.sqlite3"
    client, chat = run(url)
    async with client:
        before = [await number_of(chat) for _ in range(20)]
        copied = asyncio.get_running_loop().run_in_executor(None, lambda: operate("backup", copy, url=url))
        during = [await number_of(chat)]
        while not copied.done():
            during.append(await number_of(chat))
        code, said = await copied
    assert code == 0
    assert "checked" in said
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.glob("copy*")) == [copy]
    with closing(sqlite3.connect(copy)) as connection:
        kept = [row[0] for row in connection.execute("SELECT id FROM jobs ORDER BY id")]
    assert kept[: len(before)] == sorted(before)
    assert set(kept) <= {*before, *during}


async def test_what_was_owed_when_it_was_made_is_told_after_it_is_put_back(database, tmp_path, run, operate):
    url, copy = f"sqlite:///{database}", tmp_path / "copy.sqlite3"
    client, chat = run(url)
    async with client:
        number = await number_of(chat)
        await chat.say("mute 1h")
        async with client.post(f"/api/jobs/{number}/report/succeeded") as answer:
            assert answer.status == 202
        assert operate("backup", copy, url=url)[0] == 0
        later = await number_of(chat)
        code, said = operate("restore", copy, url=url)
        assert (code, "stop the bot first" in said) == (1, True)
    code, said = operate("restore", copy, url=url)
    assert (code, f"{database} is now the copy {copy}." in said) == (0, True)
    client, chat = run(url)
    async with client:
        await chat.say("unmute")
        assert (await chat.heard()).text == f"Job {number} is complete."
        assert f"does not contain a job {later}" in await chat.say(f"show {later}")
    [kept] = tmp_path.glob("jobs.sqlite3.replaced-*")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
    assert copy.exists()


async def made(run, database):
    client, chat = run(f"sqlite:///{database}")
    async with client:
        return await number_of(chat)


async def test_no_file_is_written_over(database, tmp_path, run, operate):
    await made(run, database)
    there = tmp_path / "there"
    there.write_text("mine")
    code, said = operate("backup", there, url=f"sqlite:///{database}")
    assert (code, said) == (1, f"{there} is there already: name another file, or remove it\n")
    assert there.read_text() == "mine"


async def test_a_damaged_copy_is_not_put_back_and_a_damaged_job_log_can_be_replaced(
    database, tmp_path, run, operate
):
    await made(run, database)
    url, copy, odd = f"sqlite:///{database}", tmp_path / "copy.sqlite3", tmp_path / "odd.sqlite3"
    assert operate("backup", copy, url=url)[0] == 0
    whole = copy.read_bytes()
    odd.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    code, said = operate("restore", odd, url=url)
    assert (code, "is damaged" in said) == (1, True)
    assert operate("check", url=url) == (0, "The job log is whole, and this version of the bot can use it.\n")
    shutil.copyfile(odd, database)
    assert operate("check", url=url)[0] == 1
    assert operate("restore", copy, url=url)[0] == 0
    assert operate("check", url=url)[0] == 0


async def test_a_full_disk_leaves_no_half_of_a_copy(database, tmp_path, run):
    await made(run, database)
    copy = tmp_path / "copy.sqlite3"

    resource = pytest.importorskip("resource")

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "operate", "backup", str(copy)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small_files,
    )
    assert ended.returncode == 1, ended.stderr
    assert "cannot be copied" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.glob("copy*")) == []


def test_check_says_what_to_do_about_a_job_log_that_is_not_there_or_newer(database, operate):
    url = f"sqlite:///{database}"
    assert operate("check", url=url) == (
        1,
        f"There is no job log at {database}: name it in DATABASE_URL, or start the bot to make one\n",
    )
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9999')"
        )
    code, said = operate("check", url=url)
    assert (code, "which a newer version of the bot wrote: start that version" in said) == (1, True)


def test_check_asks_a_server(operate):
    url = new_migrated_schema()
    assert operate("check", url=url)[0] == 0
    code, said = operate("check", url="postgresql://somebody:secret@127.0.0.1:1/none")
    assert (code, "does not answer" in said, "secret" in said) == (1, True, False)


def test_a_server_is_copied_by_its_own_tools_and_the_password_is_not_said(operate):
    code, said = operate("backup", "a copy", url="postgresql://ann:secret@db.example/jobs")
    assert code == 1
    assert "pg_dump --format=custom --file='a copy' --dbname=postgresql://ann@db.example/jobs" in said


@pytest.mark.skipif(not shutil.which("pg_dump"), reason="needs PostgreSQL's pg_dump and pg_restore")
async def test_postgresqls_own_tools_copy_a_job_log_under_load_and_put_it_back(tmp_path, run):
    url, copy = new_migrated_schema(), tmp_path / "jobs.dump"
    schema = URL(url).query["search_path"]
    server = str(URL(url).with_query(None))
    client, chat = run(url)
    async with client:
        number = await number_of(chat)
        await chat.say("mute 1h")
        async with client.post(f"/api/jobs/{number}/report/succeeded") as answer:
            assert answer.status == 202
        dump = ["pg_dump", "--format=custom", f"--file={copy}", f"--schema={schema}", f"--dbname={server}"]
        dumped = asyncio.to_thread(subprocess.run, dump, check=True, capture_output=True)
        waiting = asyncio.ensure_future(dumped)
        while not waiting.done():
            await number_of(chat)
    connection = await asyncpg.connect(server)
    await connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
    await connection.close()
    restore = ["pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={server}", str(copy)]
    await asyncio.to_thread(subprocess.run, restore, check=True, capture_output=True)
    client, chat = run(url)
    async with client:
        await chat.say("unmute")
        assert (await chat.heard()).text == f"Job {number} is complete."
