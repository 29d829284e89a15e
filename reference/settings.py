"""
docs/reference/settings.md.

Names, values and bounds are those of `Config`; defaults and explanations those of `.env.example`.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config import Config
from reference.markdown import escaped, page, table
from settings.values import ChannelLimits, Id, Ids, Names, Secrets, Tokens
from settings.webhooks import JobWebhooks

_SETTING = re.compile(r"#(\w+)=(.*)")
_HEADING = re.compile(r"# --- (.*) ---")

#: Types whose name says more than what they are made of.
_KINDS = {
    "ChannelLimits": (ChannelLimits, "limits, semicolons between"),
    "Id": (Id, "an id"),
    "Ids": (Ids, "ids, commas between"),
    "Names": (Names, "names, commas between"),
    "Tokens": (Tokens, "secrets of 32 or more characters, commas between"),
    "Secrets": (Secrets, "secrets `whsec_…`, commas between"),
    "JobWebhooks": (JobWebhooks, "a JSON list"),
}

_INTRODUCTION = """\
Settings are in the environment, or in `.env` beside `app.py`: copy `.env.example`. A variable in the
environment goes before `.env`, and an empty value means the default. The bot checks all of them when it
starts, and reports all faults at once. Where no default is shown, there is none, or the text explains it.
"""


class Group(NamedTuple):
    """Settings that are explained together."""

    heading: str
    shown: list[tuple[str, str]]  #: Name and default of each.
    text: str


def settings_page(example: str) -> str:
    """Return the page about all settings that *example*, the text of `.env.example`, explains."""
    fields = {str(field.alias): field for field in Config.model_fields.values()}
    lines, heading = [_INTRODUCTION], ""
    for group in groups(example):
        if group.heading != heading:
            heading = group.heading
            lines += [f"## {escaped(heading)}", ""]
        names = [name for name, _ in group.shown]
        lines += [f"### {', '.join(f'`{name}`' for name in names)}", "", _explained(group.text, fields), ""]
        rows = [(f"`{name}`", value(fields[name]), shown and f"`{shown}`") for name, shown in group.shown]
        if len(rows) == 1:
            [(_, takes, default)] = rows
            lines += [f"Value: {takes}.{default and f' Default: {default}.'}", ""]
        else:
            lines += table(["setting", "value", "default"], rows)
    return page("Settings", "config.py and .env.example", *lines)


def groups(example: str) -> Iterator[Group]:
    """Yield the settings in *example*, those together that have one explanation."""
    heading = ""
    for block in example.split("\n\n"):
        text, shown = [], []
        for line in block.strip().splitlines():
            if match := _HEADING.fullmatch(line):
                heading = match[1]
            elif match := _SETTING.fullmatch(line):
                shown.append((match[1], match[2]))
            else:
                text.append(line.removeprefix("#").strip())
        if shown:
            yield Group(heading, shown, " ".join(text))


def value(field: FieldInfo) -> str:
    """Say which values *field* takes."""
    annotation: Any = field.annotation
    inner = [each for each in get_args(annotation) if each is not type(None)]
    if kind := _named(field):
        return kind
    if inner and all(isinstance(each, str) for each in inner):
        return ", ".join(f"`{each}`" for each in inner)
    plain = inner[0] if inner else annotation
    if inner and all(isinstance(each, str) for each in get_args(plain)) and get_args(plain):
        return ", ".join(f"`{each}`" for each in get_args(plain))
    while get_args(plain):  # Annotated[float, …] in an optional setting
        plain = get_args(plain)[0]
    words = {
        bool: "`true`, `false`",
        int: "a whole number",
        float: "a number",
        SecretStr: "a secret",
        str: "text",
    }
    return words.get(plain, "a URL") + _bounds(field)


def _named(field: FieldInfo) -> str | None:
    for kind, said in _KINDS.values():
        base, *metadata = get_args(kind)
        if field.annotation == base and all(each in field.metadata for each in metadata):
            return said
    return None


def _bounds(field: FieldInfo) -> str:
    metadata = list(field.metadata)
    for each in get_args(field.annotation):
        metadata += [part for item in get_args(each)[1:] for part in getattr(item, "metadata", [])]
    said = []
    for word, name in (("from", "ge"), ("above", "gt"), ("to", "le")):
        said += [
            f" {word} {bound:,}" for each in metadata if (bound := getattr(each, name, None)) is not None
        ]
    return "".join(said)


def _explained(text: str, fields: dict[str, FieldInfo]) -> str:
    known = "|".join(sorted(fields, key=len, reverse=True))
    marked = re.sub(rf"(?<![\w`/])({known})(?![\w`])", r"`\1`", text)
    return escaped(marked)
