"""Every command that a document shows is one that its program knows, by name, subcommand and option."""

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import jobctl.settings
import pytest
import typer
from jobctl.commands import app
from jobctl.run_options import _parser as run_parser

from config import setting_names
from operate.__main__ import _parser as operate_parser
from reference.commands import subparsers
from tests.unit.test_links import DOCUMENTS, ROOT

_TARGETS = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_SHELLS = {"console", "sh", "bash", "crontab"}
_INLINE = re.compile(r"`([^`\n]+)`")
_INDENTED = re.compile(r"(?<=\n\n)(?: {4}\S.*\n)+")
_PROMPT = re.compile(r"^(?:\$ |30 2 \* \* \* )?")
_PYTHONS = {"python", "python3", "py", ".venv/bin/python", r".venv\Scripts\python"}

#: What commands in fenced blocks may be, beside those that are checked word by word.
_TOOLS = {
    *(
        "az",
        "base64",
        "bash",
        "cat",
        "cd",
        "cp",
        "curl",
        "cut",
        "docker",
        "echo",
        "export",
        "git",
        "gunicorn",
        "head",
    ),
    *(
        "install",
        "kill",
        "npx",
        "openssl",
        "pg_dump",
        "pg_restore",
        "pip",
        "printf",
        "prometheus",
        "promtool",
    ),
    *("sh", "grep", "sha256sum", "systemctl", "tail", "useradd"),
}

#: Files that a page tells its reader to write.
_WRITTEN = {"receiver.py"}

#: Environment variables that are other programs', or that examples set; and names that look alike.
_OTHERS = {
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "NODE_ENV", "PROMETHEUS_MULTIPROC_DIR", "TEST_DATABASE_URL"),
    *("XDG_STATE_HOME", "POSTGRES_PASSWORD", "JOB_ID", "JOB_URL", "JOB_NAME", "CONVERSATION_ID"),
    *("CI_PROJECT_PATH", "CI_COMMIT_REF_NAME", "GITHUB_REPOSITORY", "GITHUB_REF_NAME"),
    *("SO_REUSEPORT", "GIVE_BACK", "DATABASE_PASSWORD", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"),
    *("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"),
    *("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"),
    "OTEL_SDK_DISABLED",
}
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?=[=`]|$)")
_KNOWN = {*setting_names(), *_OTHERS, *(v for v in vars(jobctl.settings).values() if isinstance(v, str))}


def commands(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each simple command in *text*, and whether it stands in a block of commands."""
    rest = _FENCED.sub("", text)
    blocks = [body for language, body in _FENCED.findall(text) if language in _SHELLS]
    for block in [*blocks, *_INDENTED.findall(rest)]:
        prompted = "$ " in block
        for line in re.sub(r"\\\n", " ", block).splitlines():
            if not prompted or line.lstrip().startswith("$ "):
                for command in simple(_PROMPT.sub("", line.strip())):
                    yield command, True
    for code in _INLINE.findall(rest):
        for command in simple(code):
            yield command, False


def simple(line: str) -> Iterator[str]:
    """Yield the commands of *line* without the variables that they are given."""
    for command in re.split(r"\s(?:&&|\|\||\|)\s|;\s|\$\(", line):
        yield re.sub(r"^(?:[A-Z_]+=\S*\s+)+", "", command.strip())


def fault(command: str, *, in_block: bool) -> str | None:
    """Return what is wrong with *command*; None if nothing is, or if it is none."""
    try:
        program, *words = shlex.split(command.rstrip(")"), comments=True) or [""]
    except ValueError:  # Half of a quotation: prose, or code of another language.
        return None
    if program == "make" and words:
        gone = [word for word in words if re.fullmatch(r"[a-z0-9]+", word) and word not in _TARGETS]
        return f"no target {gone[0]}" if gone else None
    if program == "bash" and words and not words[0].startswith("-"):
        return None if (ROOT / words[0]).is_file() else f"no script {words[0]}"
    if program in _PYTHONS:
        return _python_fault(words)
    if program == "jobctl" and words:
        return _typer_fault(typer.main.get_command(app), words)
    unknown = in_block and re.fullmatch(r"[a-z][\w.-]*", program) and program not in _TOOLS
    return f"no program {program}" if unknown else None


def _python_fault(words: list[str]) -> str | None:
    if words[:1] == ["-m"] and len(words) > 1:
        if find_spec(words[1].rstrip(",")) is None:
            return f"no module {words[1]}"
        if words[1] == "operate" and len(words) > 2:
            return _argparse_fault(subparsers(operate_parser()), words[2:])
        return None
    gone = [
        word
        for word in words[:1]
        if word.endswith(".py") and word not in _WRITTEN and not (ROOT / word).is_file()
    ]
    return f"no file {gone[0]}" if gone else None


def _argparse_fault(parsers: dict[str, argparse.ArgumentParser], words: list[str]) -> str | None:
    if words[0] not in parsers:
        return f"no command {words[0]}"
    known = {option for action in parsers[words[0]]._actions for option in action.option_strings}
    return _unknown_option(words[1:], known)


def _typer_fault(command: Any, words: list[str]) -> str | None:
    while inner := getattr(command, "commands", None):
        if not words or words[0].startswith("-"):
            return None
        if words[0] not in inner:
            return f"no command {words[0]}"
        command, words = inner[words[0]], words[1:]
        if command.name == "run":
            return _argparse_fault({"run": run_parser()}, ["run", *words])
    return _unknown_option(words, {option for each in command.params for option in each.opts} | {"--help"})


def _unknown_option(words: list[str], known: set[str]) -> str | None:
    before = words[: words.index("--")] if "--" in words else words
    gone = [word for word in before if re.match("-.", word) and word.partition("=")[0] not in known]
    return f"no option {gone[0]}" if gone else None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_one_that_its_program_knows(document):
    text = (ROOT / document).read_text("utf-8")
    wrong = [(each, said) for each, in_block in commands(text) if (said := fault(each, in_block=in_block))]
    assert wrong == []


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_every_variable_is_a_setting_or_another_programs(document):
    text = (ROOT / document).read_text("utf-8")
    code = [*(body for _, body in _FENCED.findall(text)), *_INLINE.findall(_FENCED.sub("", text))]
    named = {name for each in code for name in _VARIABLE.findall(each)}
    assert named - _KNOWN == set()


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("`make test`, `make lint types`, `make bench AGAINST=main`", []),
        ("`make tests`", ["no target tests"]),
        ("```console\n$ python -m operatee check\n```", ["no module operatee"]),
        ("`python -m operate chek`", ["no command chek"]),
        ("`python -m operate purge --really`", ["no option --really"]),
        ("\n\n    python ap.py\n", ["no file ap.py"]),
        ("`bash .ci/walk`", ["no script .ci/walk"]),
        ("`jobctl run --titel x -- make --report`", ["no option --titel"]),
        ("`jobctl run --title x -- make --report`", []),
        ("`jobctl operate whyy 1`", ["no command whyy"]),
        ("```console\n$ JOB=$(jobctl start x); jobctl progres $JOB 1\n```", ["no command progres"]),
        ("```console\n$ crul http://localhost\n```", ["no program crul"]),
        ("`jobctl operate redeliver --reason 403 --yess`", ["no option --yess"]),
    ],
)
def test_a_command_that_is_only_nearly_right_is_found(text, wrong):
    assert [said for each, in_block in commands(text) if (said := fault(each, in_block=in_block))] == wrong


def test_commands_are_found_at_all():
    found = [each for document in DOCUMENTS for each, _ in commands((ROOT / document).read_text("utf-8"))]
    for program, least in (("make ", 20), ("jobctl ", 20), ("python -m ", 20), ("curl ", 4)):
        assert sum(each.startswith(program) for each in found) >= least, program
