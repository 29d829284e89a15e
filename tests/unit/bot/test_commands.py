import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    TITLE_LENGTH,
    Again,
    Cancel,
    Command,
    Done,
    Help,
    Mute,
    New,
    Run,
    Settings,
    Show,
    ShowJob,
    Unmute,
    Unwatch,
    Watch,
    Watching,
)
from bot.reading.commands import is_complete, read_command
from bot.reading.message import Message, read_message
from jobs.listing import View
from jobs.naming import JobName
from tests.unit.bot.reading.messages import BOT, mention, message


def read(text):
    return read_command(Message(text))


@pytest.mark.parametrize(
    "text, command",
    [
        ("run", Run()),
        ("run job", Run()),
        ("new", New()),
        ("New job.", New()),
        ("new weekly report", Run("weekly report")),
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
        ("show 12", ShowJob(JobName("12", 12))),
        ("show 0012", ShowJob(JobName("0012", 12))),
        ("show job #12", ShowJob(JobName("12", 12))),
        ("show 1x", ShowJob(JobName("1x"))),
        ("show “Nightly  report”.", ShowJob(JobName("“Nightly report”."))),
        ("done 12", Done(JobName("12", 12))),
        ("Done 12.", Done(JobName("12", 12))),
        ("done #12", Done(JobName("12", 12))),
        ("done # 12", Done(JobName("12", 12))),
        ("done job 12", Done(JobName("12", 12))),
        ("done job number `12`", Done(JobName("12", 12))),
        ("done \u0661\u0662", Done(JobName("12", 12))),
        ("done 12 please", Done(JobName("12 please"))),
        ("done 12 13", Done(JobName("12 13"))),
        ("done -12", Done(JobName("-12"))),
        ("done", Done(None)),
        ("done job", Done(JobName("job"))),
        ("done twelve", Done(JobName("twelve"))),
        ("done " + 50 * "9", Done(JobName(50 * "9"))),
        ("cancel job 12", Cancel(JobName("12", 12))),
        ("Cancel!", Cancel(None)),
        ("again nightly report", Again(JobName("nightly report"))),
        ('watch "nightly*"', Watch(JobName("nightly*"))),
        ("watch *nightly*", Watch(JobName("*nightly*"))),
        ("watch job 12", Watch(JobName("12", 12))),
        ("watch", Watch(None)),
        ("Watching.", Watching()),
        ("unwatch all", Unwatch(None, everything=True)),
        ("unwatch nightly report", Unwatch(JobName("nightly report"))),
        ("mute 2h", Mute("2h")),
        ("Mute until 9:00.", Mute("until 9:00")),
        ("mute", Mute("")),
        ("unmute", Unmute()),
        ("settings", Settings()),
        ("runjob", Help(said="runjob")),
        ("please run", Help(said="please run")),
        ("runn", Help(said="runn", guess="run")),
        ("shwo running", Help(said="shwo running", guess="show")),
        ("cancle 12", Help(said="cancle 12", guess="cancel")),
        ("hello", Help()),
        ("\u00a0run\u2003job\u00a0", Run()),
        ("help", Help(asked=True)),
        ("Help!", Help(asked=True)),
        ("help me", Help(said="help me")),
        ("help Run", Help(asked=True, topic="run")),
        ("help runn", Help(said="help runn", guess="run")),
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
    assert isinstance(command, Command)
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
        case ShowJob(job):
            return f"show {_named(job)}"
        case Done(job):
            return "done without a name" if job is None else f"done: {_named(job)}"
        case Help(asked, topic, _, guess):
            if asked:
                return f"help about {topic}" if topic else "help"
            return f"*not understood, {guess} meant?*" if guess else "*not understood*"
    return repr(command)


def _named(job: JobName) -> str:
    return f"job {job.number}" if job.number is not None else f"the job {job.text!r}"


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
