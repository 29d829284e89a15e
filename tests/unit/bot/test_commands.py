import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import TITLE_LENGTH, Command, Done, Help, Run, Show, ShowJob, is_complete, read_command
from bot.reading.message import Message, read_message
from jobs.listing import View
from tests.unit.bot.reading.messages import BOT, mention, message


def read(text):
    return read_command(Message(text))


@pytest.mark.parametrize(
    "text, command",
    [
        ("run", Run()),
        ("run job", Run()),
        ("run Jobs", Run("Jobs")),
        ("run job now", Run("job now")),
        ("RUN  The   Report", Run("The Report")),
        ("run weekly.", Run("weekly.")),
        ("Run.", Run()),
        ("/run nightly", Run("nightly")),
        ("`run nightly`", Run("nightly")),
        ("run: m² of ﬁles", Run("m² of ﬁles")),
        ("\uff52\uff55\uff4e\u3000weekly", Run("weekly")),
        ("r\u200bun\u200e weekly", Run("weekly")),
        ("show", Show()),
        ("`show`", Show()),
        ("Show!", Show()),
        ("show jobs", Show()),
        ("Show MORE", Show(None)),
        ("show all.", Show(View.ALL)),
        ("show running jobs", Show(View.RUNNING)),
        ("show 12", ShowJob(12)),
        ("show 0012", ShowJob(12)),
        ("show job #12", ShowJob(12)),
        ("show 1x", Help()),
        ("done 12", Done(12)),
        ("Done 12.", Done(12)),
        ("done #12", Done(12)),
        ("done # 12", Done(12)),
        ("done job 12", Done(12)),
        ("done job number `12`", Done(12)),
        ("done \u0661\u0662", Done(12)),
        ("done 12 please", Done(None)),
        ("done 12 13", Done(None)),
        ("done -12", Done(None)),
        ("done", Done(None)),
        ("done job", Done(None)),
        ("done twelve", Done(None)),
        ("done " + 50 * "9", Done(None)),
        ("runjob", Help()),
        ("please run", Help()),
        ("\u00a0run\u2003job\u00a0", Run()),
        ("help", Help(asked=True)),
        ("Help!", Help(asked=True)),
        ("help me", Help()),
        ("?", Help()),
        ("", Help()),
    ],
)
def test_a_text_is_read_as_a_command(text, command):
    assert read(text) == command


def test_a_message_without_a_text_asks_for_nothing():
    assert read_command(read_message(message(None))) == Help()


@given(st.text())
def test_any_text_is_some_command(text):
    command = read(text)
    assert isinstance(command, Run | Show | ShowJob | Done | Help)
    assert is_complete(command) in (True, False)


@given(st.text(min_size=TITLE_LENGTH, max_size=5 * TITLE_LENGTH))
def test_a_title_is_of_bounded_length_and_one_line(text):
    command = read(f"run title {text}")
    assert len(command.title) <= TITLE_LENGTH
    assert len(command.title.splitlines()) == 1


def test_a_title_that_is_cut_says_so():
    assert read("run " + "x" * TITLE_LENGTH).title == "x" * TITLE_LENGTH
    assert read("run " + "x" * 200_000).title == "x" * (TITLE_LENGTH - 1) + "…"


@pytest.mark.parametrize(
    "text, complete",
    [
        ("run", True),
        ("run job", True),
        ("run for the hills", False),
        ("show", True),
        ("show running", True),
        ("show 5", True),
        ("show me", False),
        ("done 5", True),
        ("done", False),
        ("done and dusted", False),
        ("help", True),
        ("hello", False),
    ],
)
def test_a_complete_command_is_nothing_that_is_written_by_chance(text, complete):
    assert is_complete(read(text)) is complete


# The golden table: three hundred spellings, and what is understood.

_TABLE = Path(__file__).with_name("spellings.md")

_WRITTEN = (
    "run",
    "run job",
    "run weekly report",
    "show",
    "show more",
    "show 1795",
    "done 1795",
    "done",
    "help",
    "hi",
)

_SPELLINGS = {
    "as help has it": "{}",
    "in capitals": "{upper}",
    "as a sentence": "{capital}.",
    "excited": "{}!",
    "asked": "{}?",
    "in backticks": "`{}`",
    "in quotation marks": "“{}”",
    "bold": "**{}**",
    "wide": "{wide}",
    "with spaces": "  {spaced}  ",
    "non-breaking spaces": "{nbsp}",
    "zero-width marks": "\u200b{}\u200e",
    "with a slash": "/{}",
    "with a hyphen before": "- {}",
    "with please": "please {}",
    "with thanks": "{} thanks",
    "on two lines": "{}\n\nSam",
    "mentioned before": "<at>Bot</at> {}",
    "mentioned behind": "{} <at>Bot</at>",
    "mentioned, escaped space": "<at>Bot</at>&nbsp;{}",
    "by name": "@Bot {}",
    "by name with comma": "@Bot, {}",
    "in reply": '<quoted messageId="1"/> {}',
    "reply behind": '{} <quoted messageId="1"/>',
    "someone else": "<at>Ann</at> {}",
    "for someone else": "{} <at>Ann</at>",
    "number sign": "{hash}",
    "job number": "{job}",
    "Slack telephone": "{tel}",
    "Arabic digits": "{arabic}",
}


def _spelled(form: str, written: str) -> str:
    number = written.replace("1795", "{}")
    return form.format(
        written,
        upper=written.upper(),
        capital=written.capitalize(),
        wide="".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in written),
        spaced=written.replace(" ", "   "),
        nbsp=written.replace(" ", "\u00a0"),
        hash=number.format("#1795"),
        job=number.format("job 1795"),
        tel=number.format("<tel:1795|1795>"),
        arabic=number.format("١٧٩٥"),
    )


def _row(form: str, written: str) -> str:
    text = _spelled(form, written)
    said = message(text, mention(BOT, "<at>Bot</at>"))
    command = read_command(read_message(said))
    return f"| {json.dumps(text, ensure_ascii=False).replace('|', chr(92) + '|')} | {_in_words(command)} |"


def _in_words(command: Command) -> str:
    match command:
        case Run(title):
            return "run" if title is None else f"run: {title}"
        case Show(view):
            return "show more" if view is None else f"show: {view.value}"
        case ShowJob(job_id):
            return f"show job {job_id}"
        case Done(job_id):
            return "done without a number" if job_id is None else f"done: {job_id}"
        case Help(asked):
            return "help" if asked else "*not understood*"


def test_three_hundred_spellings_are_understood_as_the_table_says():
    """To see what a change does to it: delete the file, run this test twice, and look at the difference."""
    lines = ["| written | understood |", "| --- | --- |"]
    for name, form in _SPELLINGS.items():
        lines += [f"| **{name}** | |", *(_row(form, written) for written in _WRITTEN)]
    table = "\n".join(lines) + "\n"
    assert len(_SPELLINGS) * len(_WRITTEN) >= 300
    if not _TABLE.exists():
        _TABLE.write_text(table, encoding="utf-8")
    assert table == _TABLE.read_text(encoding="utf-8")
