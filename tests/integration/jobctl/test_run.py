"""`jobctl run`: the command's exit code, output and signals stay its own, and nothing of its end is lost."""

import asyncio
import os
import pty
import re
import signal
import sys

import pytest

from app import build_app
from tests.fakes.bot_server import BotServer
from tests.fakes.ports import free_port

RUN = ("run", "--")


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
async def test_the_exit_code_is_the_commands_own(jobctl, newest, code):
    ended = await jobctl(*RUN, "sh", "-c", f"exit {code}")
    assert ended.code == code
    job = await newest()
    assert (job["state"], job["report"].get("exitCode", 0)) == ("failed" if code else "succeeded", code)


@pytest.mark.parametrize("command, code", [("/nonexistent/command", 127), ("/etc/hostname", 126)])
async def test_a_command_that_cannot_run_is_told_as_such(jobctl, newest, command, code):
    ended = await jobctl(*RUN, command)
    assert (ended.code, command in ended.err) == (code, True)
    assert (await newest())["report"]["exitCode"] == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGSEGV])
async def test_it_dies_by_the_same_signal(jobctl, newest, number):
    ended = await jobctl(*RUN, "sh", "-c", f"kill -{number.value} $$")
    assert ended.code == -number
    assert (await newest())["report"]["exitCode"] == 128 + number


#: Waits for a signal without a race, as a shell's `wait` would not, and says what its own child died of.
_PARENT = """
import signal, subprocess, sys
child = subprocess.Popen(["sleep", "60"])
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
print("ready", flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
print("child", child.wait(), flush=True)
sys.exit(9)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_reaches_the_command_and_its_children(begin, newest, url, number):
    call = await begin(*RUN, sys.executable, "-c", _PARENT, url=url)
    assert await call.line() == "ready\n"
    call.process.send_signal(number)
    ended = await call.ended()
    assert (ended.code, ended.out) == (9, f"child {-number}\n")
    assert (await newest())["report"]["logTail"] == f"ready\nchild {-number}"


async def test_what_runs_too_long_is_stopped_also_if_it_does_not_want_to(jobctl, newest):
    stubborn = "trap '' TERM; echo begun; while :; do sleep 0.1; done"
    ended = await jobctl("run", "--timeout", "0.3", "--kill-after", "0.2", "--", "sh", "-c", stubborn)
    assert ended.code == 124
    job = await newest()
    assert (job["state"], job["report"]["message"]) == ("failed", "Stopped after 0.3 s.")


async def test_output_passes_through_and_its_end_goes_into_the_report(jobctl, newest):
    script = r'printf "\033[31mred\033[0m\n"; echo "$MY_TOKEN" >&2; printf "10%%\r100%%\n"; exit 1'
    ended = await jobctl(*RUN, "sh", "-c", script, MY_TOKEN="hunter22")  # noqa: S106
    assert (ended.out, ended.err) == ("\033[31mred\033[0m\n10%\r100%\n", "hunter22\n")
    tail = (await newest())["report"]["logTail"]
    assert sorted(tail.split("\n")) == ["***", "100%", "red"]


async def test_secrets_are_masked_in_the_title_too(jobctl, newest):
    await jobctl(*RUN, "true", "--password=hunter22", DB_PASSWORD="hunter22")  # noqa: S106
    assert (await newest())["title"] == "true --password=***"


async def test_of_much_output_nothing_is_lost_and_the_end_is_kept(jobctl, newest):
    ended = await jobctl(*RUN, "sh", "-c", "head -c 50000000 /dev/zero | tr '\\0' x; echo; echo the end")
    assert (len(ended.out), ended.out[-9:]) == (50_000_009, "\nthe end\n")
    assert (await newest())["report"]["logTail"].endswith("x\nthe end")


async def test_nothing_of_the_output_is_reported_if_it_should_not_be(jobctl, newest):
    ended = await jobctl("run", "--no-output", "--", "echo", "private")
    assert ended.out == "private\n"
    assert "logTail" not in (await newest())["report"]


async def test_a_process_that_is_left_behind_holds_nothing_up(jobctl):
    ended = await asyncio.wait_for(jobctl(*RUN, "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo forked"), 20)
    assert (ended.code, ended.out) == (0, "forked\n")


async def test_arguments_of_the_command_stay_as_they_are(jobctl):
    ended = await jobctl("run", "--title", "t", "--", "printf", "%s|", "--title", "a b", "*", "")
    assert ended.out == "--title|a b|*||"
    ended = await jobctl("run", "--titel", "t", "--", "true")
    assert ended.code == 2


async def test_the_command_knows_its_job(jobctl, newest, url):
    ended = await jobctl(*RUN, "sh", "-c", "echo $JOB_ID $JOB_URL $TRACEPARENT")
    number, address, trace = ended.out.split()
    assert (int(number), address) == ((await newest())["jobId"], f"{url}/api/jobs/{number}")
    assert (len(trace), trace[:3]) == (55, "00-")


@pytest.mark.parametrize("inherited", [f"00-{'a' * 32}-{'b' * 16}-01", "00-odd", ""])
async def test_the_command_and_all_reports_are_in_one_trace(begin, config, inherited):
    app, seen = build_app(config), []

    async def note(request, _response):
        if request.method == "POST":
            seen.append(request.headers.get("traceparent"))

    app.on_response_prepare.append(note)
    async with BotServer(app) as bot:
        url = str(bot.make_url("")).rstrip("/")
        call = await begin(*RUN, "sh", "-c", "echo $TRACEPARENT", url=url, TRACEPARENT=inherited)
        ended = await call.ended()
    assert len(seen) >= 2
    assert set(seen) == {ended.out.strip()}
    assert (ended.out.strip() == inherited) == (len(inherited) == 55)


async def test_a_run_within_a_run_is_a_job_of_its_own(jobctl, bot):
    nested = "exec $PYTHON -m jobctl run --title inner -- false"
    ended = await jobctl(
        "run", "--title", "outer", "--", "sh", "-c", f"{nested} || true", PYTHON=sys.executable
    )
    assert ended.code == 1
    async with bot.get("/api/jobs") as answer:
        jobs = (await answer.json())["jobs"]
    assert {job["title"]: job["state"] for job in jobs} == {"inner": "failed", "outer": "failed"}


async def test_a_job_from_a_chat_is_told_there(jobctl, chat, started):
    a = chat("a")
    number = await started(a)
    await jobctl("run", "--job", number, "--until-told", "--", "sh", "-c", "echo done; exit 2")
    told = re.sub(r"It took .*? ms\. ", "", (await a.heard()).text)
    assert told == f"Job {number} failed.\n\nExit code 2.\n\n```\ndone\n```"


async def test_a_job_that_somebody_cancels_is_stopped(begin, bot, newest, url):
    call = await begin("run", "--heartbeat", "0.2", "--", "sh", "-c", "echo $JOB_ID; exec sleep 60", url=url)
    number = (await call.line()).strip()
    async with bot.post(f"/api/jobs/{number}/cancel", json={}) as answer:
        assert answer.status == 202
    assert (await call.ended()).code == -signal.SIGTERM
    assert (await newest())["state"] == "cancelled"


async def test_a_bot_that_is_away_changes_nothing_and_hears_of_all_later(
    begin, jobctl, bot, url, environment
):
    away = f"http://localhost:{free_port()}"
    for code in (0, 7):
        call = await begin(
            "run", "--title", f"away {code}", "--", "sh", "-c", f"echo out; exit {code}", url=away
        )
        ended = await call.ended()
        assert (ended.code, ended.out) == (code, "out\n")
    assert (await (await begin("flush", url=away)).ended()).code == 75
    spooled = sorted((os.scandir(f"{environment['XDG_STATE_HOME']}/jobctl")), key=lambda each: each.name)
    for file in (each.path for each in spooled if each.name.endswith(".json")):
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123, ASYNC230
            text = stream.read()
        with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123, ASYNC230
            stream.write(text.replace(away, url))  # As if the bot had come back there.
    assert (await jobctl("flush")).code == 0
    async with bot.get("/api/jobs?title=away*") as answer:
        jobs = (await answer.json())["jobs"]
    assert [(job["title"], job["state"]) for job in jobs] == [("away 7", "failed"), ("away 0", "succeeded")]
    assert (await jobctl("flush")).code == 0


async def test_a_terminal_stays_one(begin, environment, url):
    master, slave = pty.openpty()
    script = "test -t 1 && echo a terminal; read line; echo got $line"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobctl", "run", "--", "sh", "-c", script),
        env={**environment, "JOBCTL_URL": url},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    while b"a terminal" not in seen:
        seen += await asyncio.wait_for(asyncio.to_thread(os.read, master, 1024), 20)
    os.write(master, b"typed\n")
    assert await asyncio.wait_for(process.wait(), 20) == 0
    while b"got typed" not in seen:
        seen += await asyncio.wait_for(asyncio.to_thread(os.read, master, 1024), 20)
    os.close(master)


async def test_a_signal_that_is_ignored_stays_ignored(environment, url):
    ready = "trap '' TERM; exec $PYTHON -m jobctl run -- sh -c 'echo ready; read line; exit 5'"
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", ready),
        env={**environment, "JOBCTL_URL": url, "PYTHON": sys.executable},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(b"go on\n"), 20)
    assert process.returncode == 5
