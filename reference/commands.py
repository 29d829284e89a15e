"""docs/reference/commands.md: what `jobctl`, `python -m operate` and make take, from their own parsers."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from jobctl.commands import app
from jobctl.run_options import _parser as run_parser

from operate.__main__ import _parser as operate_parser
from reference.markdown import cell, page, table

MAKEFILE = Path(__file__).parents[1] / "Makefile"

Row = tuple[str, str]


def commands_page() -> str:
    """Return the page about all commands."""
    lines = ["`jobctl` reports on jobs from anywhere; `python -m operate` works on the bot's host.", ""]
    tree = typer.main.get_command(app)
    lines += ["## jobctl", "", cell(tree.help or ""), ""]
    for name, command in _leaves(tree, "jobctl"):
        lines += _typer(name, command)
    lines += ["## python -m operate", ""]
    for name, parser in subparsers(operate_parser()).items():
        lines += _argparse(f"python -m operate {name}", parser, _help(operate_parser(), name))
    lines += ["## make", "", *table(["target", "what it does"], _targets())]
    return page("Commands", "the parsers of jobctl and operate, and the Makefile", *lines)


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its whole name."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for each, below in inner.items():
        yield from _leaves(below, f"{name} {each}")


def _typer(name: str, command: Any) -> Iterator[str]:
    if name == "jobctl run":
        yield from _argparse(name, run_parser(), run_parser().description or "")
        return
    said, *examples = re.split(r"\n+\s*(?=Example)", command.help or "")
    yield from (f"### {name}", "", cell(said), "")
    for example in examples:
        yield from (f"    {' '.join(example.split()).removeprefix('Example: ')}", "")
    rows = [_row(each.name, each.opts, each.help or "", each.required) for each in command.params]
    yield from table(["argument or option", ""], rows)


def _row(name: str, options: list[str], said: str, required: bool) -> Row:
    positional = not options or not options[0].startswith("-")
    shown = f"`{name.upper() if positional else ', '.join(options)}`"
    return (shown if required or not positional else f"{shown} (may be missing)", cell(said))


def _argparse(name: str, parser: argparse.ArgumentParser, said: str) -> Iterator[str]:
    yield from (f"### {name}", "", cell(said), "")
    rows = [
        (f"`{', '.join(each.option_strings) or each.dest.upper()}`", cell(each.help or ""))
        for each in parser._actions
        if each.dest != "help"
    ]
    yield from table(["argument or option", ""], rows)


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command of *parser*, by the command's name."""
    [action] = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(action.choices)


def _help(parser: argparse.ArgumentParser, name: str) -> str:
    [action] = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    [said] = [each.help or "" for each in action._choices_actions if each.dest == name]
    return said


def _targets() -> Iterator[Row]:
    """Yield each target that a person names, and the comment above its rule or its variables."""
    comment: list[str] = []
    said: dict[str, str] = {}
    text = MAKEFILE.read_text("utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    for line in text.splitlines():
        if match := re.match(r"([a-z0-9-]+):", line):
            said[match[1]] = " ".join(comment)
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        if not line:
            comment = []
    for name in phony.split():
        yield f"`make {name}`", cell(said[name])
