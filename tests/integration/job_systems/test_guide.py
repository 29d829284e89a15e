"""Every command of the pages about job systems is run, as a reader would run it."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
_PAGES = [ROOT / "docs" / kind / "job-system.md" for kind in ("how-to", "reference")]
GUIDE = "\n".join(page.read_text(encoding="utf-8") for page in _PAGES)

#: What the recipes' CI systems set.
_GIVEN_BY_CI = ("GITHUB_REPOSITORY", "GITHUB_REF_NAME", "CI_PROJECT_PATH", "CI_COMMIT_REF_NAME", "JOB_NAME")

_COMMAND = re.compile(r"^(?:\$ |- run: |- |30 2 \* \* \* |sh ')(.*)$")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of *language*."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def commands() -> list[str]:
    """Return every command line, wherever it stands."""
    found = []
    for language in ("console", "crontab", "yaml", "groovy"):
        for block in blocks(language):
            for line in block.splitlines():
                match = _COMMAND.match(line.strip())
                if match and ("jobctl" in match[1] or language == "console"):
                    found.append(match[1].rstrip("'") if language == "groovy" else match[1])
    return found


@pytest.fixture
def shell(tmp_path, bot):
    """Runs a line in a machine where jobctl is installed, and `make` succeeds."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in {
        "jobctl": f'PYTHONPATH={ROOT}/jobctl/src exec {sys.executable} -m jobctl "$@"',
        "make": 'echo "made $1"',
        "pip": "true",  # Installing is not what is tried here.
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    for name in ("import.log", "build.log"):
        (tmp_path / name).write_text("the end of a log\n")

    async def shell(line: str, **variables: str) -> str:
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "JOBCTL_URL": str(bot.make_url("")).rstrip("/"),
            **dict.fromkeys(_GIVEN_BY_CI, "main"),
            **variables,
        }
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", line),
            env=environment,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, f"{line}\n{out.decode()}"
        return out.decode()

    return shell


def test_the_guide_has_the_commands_that_are_run_here():
    assert len(commands()) >= 15, commands()
    assert len(blocks("yaml")) == 2


@pytest.mark.parametrize("line", [each for each in commands() if "curl" in each])
async def test_each_curl_reports(shell, bot, chat, started, system, line):
    await started(chat("a"))
    created = (await system.event("job.created")).data
    url = str(bot.make_url(f"/api/jobs/{created['jobId']}/report"))
    said = await shell(f"true; {line}", TOKEN=created["report"]["token"], URL=url)
    assert f'"jobId":{created["jobId"]}' in said


@pytest.mark.parametrize("line", [each for each in commands() if "jobctl" in each and "pip" not in each])
async def test_each_call_of_jobctl_works(shell, bot, line):
    async with bot.post("/api/jobs", json={}) as answer:
        number = (await answer.json())["jobId"]
    if line.startswith("export"):  # It names an address that does not exist.
        return
    if "watch" in line:
        async with bot.post(f"/api/jobs/{number}/report/succeeded"):
            pass
    await shell(line, JOB=str(number))


@pytest.mark.parametrize("line", [each for each in commands() if ".env" in each])
async def test_each_setting_is_written_as_one(shell, tmp_path, line):
    await shell(line)
    assert re.fullmatch(r"JOB_\w+=\S+\n", (tmp_path / ".env").read_text())


@pytest.mark.parametrize("block", blocks("yaml"))
def test_yaml_is_yaml(block):
    assert yaml.safe_load(block)


async def test_the_callback_of_airflow_tells(bot, chat, started, monkeypatch):
    monkeypatch.setenv("JOBCTL_URL", str(bot.make_url("")).rstrip("/"))
    (code,) = [block for block in blocks("python") if "on_failure_callback" in block]
    a = chat("a")
    number = int(await started(a))
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102
    context = {"params": {"job": number}, "exception": ValueError("no rows")}
    await asyncio.to_thread(names["on_failure_callback"], context)
    assert (await a.heard()).text == f"Job {number} failed.\n\nno rows"
