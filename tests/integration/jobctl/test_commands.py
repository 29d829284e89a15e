"""The commands of jobctl beside `run`: what they print, and the codes they exit with."""

import json
import os

import pytest
from pydantic import SecretStr

from app import BOT
from tests.fakes.fake_connector import Answer
from tests.fakes.ports import free_port
from tests.fakes.signing import SECRET


async def test_a_job_is_reported_step_by_step(jobctl):
    number = (await jobctl("start", "nightly report")).out.strip()
    assert (await jobctl("progress", number, "0.5", "-m", "half")).out == "running\n"
    assert (await jobctl("show", number)).out == f"{number} running 50% nightly report: half\n"
    ended = await jobctl("fail", number, "--log", "-", "--exit-code", "3", stdin=b"line 1\nline 2\n")
    assert (ended.code, ended.out) == (0, "failed\n")
    shown = json.loads((await jobctl("show", number, "--json")).out)
    assert shown["report"] == {"exitCode": 3, "logTail": "line 1\nline 2\n"}
    ended = await jobctl("succeed", number)
    assert (ended.code, ended.err) == (1, f"jobctl: Job {number} had failed before; nothing was changed.\n")


async def test_jobs_are_listed(jobctl):
    numbers = [(await jobctl("start", f"job {each}")).out.strip() for each in "abc"]
    listed = (await jobctl("list", "--title", "job ?", "--json")).out.splitlines()
    assert [str(json.loads(line)["jobId"]) for line in listed] == numbers[::-1]
    assert (await jobctl("list", "--most", "1")).out == f"{numbers[2]} queued job c\n"


async def test_a_job_is_watched_to_its_end(begin, jobctl, url):
    number = (await jobctl("start")).out.strip()
    call = await begin("watch", number, "--exit-status", url=url)
    assert await call.line() == f"{number} queued\n"
    await jobctl("progress", number, "0.25")
    assert await call.line() == f"{number} running 25%\n"
    await jobctl("cancel", number, "--reported")
    ended = await call.ended()
    assert (ended.code, ended.out) == (1, f"{number} cancelled\n")


async def test_several_jobs_are_watched_until_the_last_has_ended(begin, jobctl, url):
    first, second = [(await jobctl("start")).out.strip() for _ in range(2)]
    call = await begin("watch", first, second, "--exit-status", "--json", url=url)
    assert {json.loads(await call.line())["state"] for _ in range(2)} == {"queued"}
    await jobctl("succeed", second)
    assert json.loads(await call.line())["jobId"] == int(second)
    await jobctl("succeed", first)
    assert (await call.ended()).code == 0


async def test_all_jobs_are_watched_as_they_come(begin, jobctl, url):
    running = (await jobctl("start", "before")).out.strip()
    call = await begin("watch", url=url)
    assert await call.line() == f"{running} queued before\n"
    new = (await jobctl("start", "after")).out.strip()
    assert await call.line() == f"{new} queued after\n"
    await jobctl("fail", running, "-m", "no disk")
    assert await call.line() == f"{running} failed before: no disk\n"


async def test_on_a_terminal_each_job_has_a_bar(begin, jobctl, url):
    """`script` gives a program a terminal; its last picture is the end of the job."""
    number = (await jobctl("start", "nightly [report]")).out.strip()
    await jobctl("progress", number, "0.5", "-m", "half")
    terminal, program = os.openpty()
    process = await begin("watch", number, url=url, stdout=program, TERM="xterm", COLUMNS="100")
    os.close(program)
    await jobctl("succeed", number)
    assert (await process.ended()).code == 0
    shown = os.read(terminal, 65_536).decode()
    os.close(terminal)
    assert "nightly [report]" in shown
    assert "succeeded" in shown
    assert "━" in shown


async def test_parked_conversations_are_listed(jobctl, chat, started, connector, bot):
    number = await started(chat("a"))
    connector.script("a", Answer.error(403, "ForbiddenOperationException"))
    await jobctl("succeed", number)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    listed = (await jobctl("parked", "list")).out
    assert " 1 wait, tried at " in listed
    assert " emulator a: " in listed
    assert json.loads((await jobctl("parked", "list", "--json")).out)["conversation"] == "a"


async def test_a_wish_to_cancel_is_told(jobctl):
    number = (await jobctl("start")).out.strip()
    assert (await jobctl("cancel", number)).code == 0
    assert json.loads((await jobctl("show", number, "--json")).out)["cancelRequested"] is True


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (("show", "1"), 1, "There is no job 1."),
        (("progress", "1", "7"), 2, "less than or equal to 1"),
        (("succeed", "1", "--log", "/nonexistent"), 2, "No such file"),
        (("exploded",), 2, "No such command"),
    ],
)
async def test_what_is_refused_says_why(jobctl, arguments, code, said):
    ended = await jobctl(*arguments)
    assert (ended.code, said in ended.err) == (code, True)


async def test_a_report_that_does_not_arrive_is_sent_by_the_next_call(begin, jobctl, url, environment, bot):
    number = (await jobctl("start")).out.strip()
    away = f"http://localhost:{free_port()}"
    assert (await (await begin("succeed", number, url=away)).ended()).code == 75
    assert (await jobctl("flush")).code == 75  # That bot is still away.


async def test_dead_letters_are_counted_first_and_requeued_then(jobctl, chat, started, connector, bot):
    a = chat("a")
    number = await started(a)
    connector.script("a", Answer.error(400, "BadArgument"))
    await jobctl("succeed", number)
    await connector.until(lambda _: len(connector.in_conversation("a")) == 2, "the notice")
    await bot.app[BOT].delivery.worker.idle()
    assert f" {number} succeeded 400 Rejected" in (await jobctl("dead-letters", "list")).out
    assert "reason: Rejected (400 BadArgument)" in (await jobctl("dead-letters", "show", number)).out
    assert (await jobctl("dead-letters", "show", "5")).code == 1
    counted = await jobctl("dead-letters", "requeue", "--reason", "badarg")
    assert counted.out.splitlines()[0] == "1 fit; add --yes to requeue them"
    ended = await jobctl("dead-letters", "requeue", "--reason", "badarg", "--yes")
    assert (ended.code, ended.out) == (0, "1 done, 0 left\n")
    assert f"Job {number} is complete" in (await a.heard()).text
    assert (await jobctl("dead-letters", "purge", "--yes")).code == 1  # There are none.


async def test_settings_that_are_none_are_named(begin, tmp_path):
    ended = await (await begin("flush", url="localhost")).ended()
    assert (ended.code, "JOBCTL_URL" in ended.err) == (2, True)
    ended = await (await begin("flush", url="http://x", JOBCTL_TOKEN=f"file:{tmp_path}/none")).ended()
    assert (ended.code, "cannot be read" in ended.err) == (2, True)


async def test_the_doctor_finds_nothing(jobctl):
    ended = await jobctl("doctor")
    assert (ended.code, ended.out.count("ok  ")) == (0, 4)


async def test_the_doctor_says_what_is_wrong(begin, jobctl):
    ended = await (await begin("doctor", url=f"http://localhost:{free_port()}")).ended()
    assert (ended.code, "does the bot run?" in ended.out) == (1, True)
    ended = await jobctl("doctor", JOBCTL_SECRET=SECRET)
    assert (ended.code, "FAIL the signature is refused: Signed reports are off" in ended.out) == (1, True)


class TestWithASecret:
    @pytest.fixture
    def config(self, config):
        return config.model_copy(update={"job_system_secrets": (SecretStr(SECRET),)})

    async def test_reports_are_signed(self, jobctl, chat, started, tmp_path):
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        a = chat("a")
        number = await started(a)
        ended = await jobctl("succeed", number, "-m", "signed", JOBCTL_SECRET=f"file:{tmp_path}/secret")
        assert (ended.code, ended.out) == (0, "succeeded\n")
        assert (await a.heard()).text == f"Job {number} is complete.\n\nsigned"

    async def test_a_wrong_one_is_refused(self, jobctl, chat, started):
        number = await started(chat("a"))
        wrong = SECRET.replace("A", "B")
        ended = await jobctl("succeed", number, JOBCTL_SECRET=wrong)
        assert (ended.code, "No signature" in ended.err) == (1, True)
        ended = await jobctl("doctor", JOBCTL_SECRET=wrong)
        assert (ended.code, "FAIL the signature is refused" in ended.out) == (1, True)
        assert (await jobctl("doctor", JOBCTL_SECRET=SECRET)).code == 0
