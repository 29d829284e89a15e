import pytest
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    ENTITIES,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Done,
    Help,
    Run,
    Show,
    ShowJob,
    read_command,
    spoken_text,
)
from wire import from_dict


def message(text: object, *mentions: dict[str, object], recipient: str | None = "bot") -> Activity:
    document = {"type": "message", "text": text, "entities": list(mentions)}
    if recipient is not None:
        document["recipient"] = {"id": recipient}
    return from_dict(Activity, document)


def mention(who: object, text: object) -> dict[str, object]:
    return {"type": "mention", "mentioned": who, "text": text}


BOT = {"id": "bot", "name": "Bot"}


@pytest.mark.parametrize(
    "text, command",
    [
        ("run", Run()),
        ("run job", Run()),
        ("run Jobs", Run("Jobs")),
        ("run job now", Run("job now")),
        ("RUN  The   Report", Run("The Report")),
        ("show", Show()),
        ("show jobs", Show()),
        ("Show MORE", Show(more=True)),
        ("show 12", ShowJob(12)),
        ("show 0012", ShowJob(12)),
        ("show 1x", Help()),
        ("done 12", Done(12)),
        ("done ١٢", Done(12)),
        ("done", Done(None)),
        ("done twelve", Done(None)),
        ("done " + 50 * "9", Done(None)),
        ("runjob", Help()),
        ("please run", Help()),
        ("\u00a0run\u2003job\u00a0", Run()),
        ("", Help()),
        (None, Help()),
    ],
)
def test_a_message_is_read_as_a_command(text, command):
    assert read_command(message(text)) == command


@given(st.text())
def test_any_text_is_some_command(text):
    assert isinstance(read_command(message(text)), Run | Show | ShowJob | Done | Help)


@given(st.text(min_size=TITLE_LENGTH, max_size=5 * TITLE_LENGTH))
def test_a_title_is_of_bounded_length_and_one_line(text):
    command = read_command(message(f"run title {text}"))
    assert len(command.title) <= TITLE_LENGTH
    assert len(command.title.splitlines()) == 1


@pytest.mark.parametrize("text", ["<at>Bot</at> run", "<at>Bot</at>&nbsp;run", "run <at>Bot</at>"])
def test_the_bots_mention_is_taken_out(text):
    assert read_command(message(text, mention(BOT, "<at>Bot</at>"))) == Run()


def test_the_mention_of_somebody_else_is_part_of_what_is_said():
    ann = mention({"id": "ann"}, "<at>Ann</at>")
    said = message("<at>Bot</at> run for <at>Ann</at>", mention(BOT, "<at>Bot</at>"), ann)
    assert read_command(said) == Run("for <at>Ann</at>")


def test_the_bots_name_without_a_mention_is_a_word_like_any_other():
    assert read_command(message("run Bot", mention(BOT, "<at>Bot</at>"))) == Run("Bot")


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "mention"},
        mention(None, "run"),
        mention("bot", "run"),
        mention(BOT, None),
        mention(BOT, 5),
        {"type": "clientInfo", "mentioned": BOT, "text": "run"},
    ],
)
def test_an_odd_mention_takes_nothing_out(odd):
    assert spoken_text(message("run", odd)).strip() == "run"


@pytest.mark.parametrize("who", [{}, {"id": None}, BOT])
def test_without_a_recipient_no_mention_is_the_bots(who):
    assert read_command(message("run it", mention(who, "it"), recipient=None)) == Run("it")


def test_mentions_without_a_text_do_not_make_the_text_grow():
    """Each doubled it: 26 took 1.5 s, 60 all memory."""
    said = message("run", *[mention(BOT, "")] * 16)
    assert spoken_text(said) == "run"
    assert read_command(said) == Run()


def test_only_so_many_entities_and_so_much_text_are_looked_at():
    other = mention({"id": "ann"}, "<at>Ann</at>")
    for count, command in ((ENTITIES - 1, Run()), (ENTITIES, Run("<at>Bot</at>"))):
        said = message("run <at>Bot</at>", *[other] * count, mention(BOT, "<at>Bot</at>"))
        assert read_command(said) == command
    assert len(spoken_text(message("x" * (TEXT_LENGTH + 1)))) == TEXT_LENGTH


def test_a_long_pasted_text_is_a_command_all_the_same():
    assert read_command(message("run " + "a line of it, " * 10_000)).title.startswith("a line of it, a")
    assert read_command(message("<at>Bot</at> run " + "x" * 200_000, mention(BOT, "<at>Bot</at>"))) == Run(
        "x" * TITLE_LENGTH
    )
