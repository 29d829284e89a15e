"""Every card, on every channel that shows cards, against the published schemas and Microsoft's own models."""

import importlib.util
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from botframework.connector import Channels
from microsoft_teams import cards as models

from bot.channels import Channel, channel_named
from bot.commands import Again, Cancel, Done, Show, ShowJob
from bot.reading.commands import read_command
from bot.reading.message import Message
from bot.replies.cards.job_card import job_card
from bot.replies.cards.list_card import list_card
from bot.replies.cards.text_card import text_card
from bot.replies.words import ENGLISH
from jobs.job import Job, JobStatus
from jobs.lane import lane_key
from jobs.listing import JobPage, Position, Section
from jobs.naming import shortest_suffixes

NOON = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
HERE, THERE = lane_key("msteams", "here"), lane_key("msteams", "there")
HOSTILE = '<b>*x*</b> [a](javascript:alert(1)) "}\\ ' + "\u202e" + "y" * 300

WITH_CARDS = [Channels.ms_teams, Channels.emulator, Channels.webchat, Channels.direct_line]


def a_job(**fields: Any) -> Job:
    given = {
        "id": 1795743804642843,
        "lane": HERE,
        "tenant": "",
        "title": "nightly report",
        "requested_by": "Ann",
        "requester_id": "29:ann",
        "status": JobStatus.RUNNING,
        "created_at": NOON,
    }
    return Job(**{**given, **fields})


FAILED = json.dumps(
    {
        "message": "no disk",
        "exitCode": 3,
        "durationSeconds": 252,
        "link": "https://ci.example/1",
        "logTail": "line 1\n```\n# line 2",
    }
)

JOBS = {
    "queued": a_job(status=JobStatus.QUEUED, title=None, requested_by=None),
    "running": a_job(report='{"progress": 0.5, "message": "half"}'),
    "cancel asked": a_job(cancel_asked_at=NOON, cancel_asked_by=HOSTILE),
    "succeeded": a_job(status=JobStatus.SUCCEEDED, finished_at=NOON + timedelta(minutes=4)),
    "failed": a_job(status=JobStatus.FAILED, finished_at=NOON, report=FAILED),
    "cancelled": a_job(status=JobStatus.CANCELLED, finished_at=NOON),
    "hostile": a_job(title=HOSTILE, requested_by=HOSTILE, lane=THERE),
}


def of_job(job: Job, channel: Channel) -> dict[str, Any]:
    return job_card(ENGLISH, channel, job, HERE, fallback="as text", may_complete=True)


def of_list(channel: Channel, *, section: Section = Section.HERE, has_more: bool = True) -> dict[str, Any]:
    jobs = tuple(job._replace(id=job.id + place) for place, job in enumerate(JOBS.values()))
    place = Position(section, jobs[-1].id)
    page = JobPage(jobs=jobs, total=45, start=place, end=place, has_more=has_more, bookmarked=False)
    names = shortest_suffixes([job.id for job in jobs])
    return list_card(ENGLISH, channel, page, names, HERE, fallback="as text")


def cards(channel: Channel) -> Iterator[dict[str, Any]]:
    yield from (of_job(job, channel) for job in JOBS.values())
    yield from (of_list(channel, section=section) for section in Section)
    yield text_card(channel, "as text")


def parts(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a card."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(each)


def as_drawn_elsewhere(value: Any) -> Any:
    """Return a card as a host draws it that knows the published elements alone."""
    if isinstance(value, list):
        return [as_drawn_elsewhere(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "ProgressBar":
        return as_drawn_elsewhere(value["fallback"])
    return {name: as_drawn_elsewhere(each) for name, each in value.items()}


@pytest.fixture(params=WITH_CARDS, ids=lambda channel: channel.value)
def channel(request) -> Channel:
    return channel_named(request.param)


def schema(version: str) -> Any:
    spec = importlib.util.find_spec("adaptive_cards")
    folder = Path(spec.submodule_search_locations[0])
    return json.loads((folder / "schemas" / f"schema-{version}.json").read_text(encoding="utf-8"))


def test_every_card_is_valid_by_the_published_schema(channel):
    validator = jsonschema_rs.validator_for(schema(channel.card_version))
    for card in cards(channel):
        assert card["version"] == channel.card_version
        validator.validate(as_drawn_elsewhere(card))


#: Microsoft's model of each element that our cards have.
MODELS = {
    "AdaptiveCard": models.AdaptiveCard,
    "TextBlock": models.TextBlock,
    "ColumnSet": models.ColumnSet,
    "Column": models.Column,
    "FactSet": models.FactSet,
    "ProgressBar": models.ProgressBar,
    "Action.Submit": models.SubmitAction,
    "Action.OpenUrl": models.OpenUrlAction,
}


def test_microsofts_own_models_know_every_property(channel):
    for card in cards(channel):
        for part in parts(card):
            if part.get("type") in MODELS:
                read = MODELS[part["type"]].model_validate(part)
                assert not {*(read.model_extra or ())} - {"$schema"}, part
            else:
                assert part.keys() <= {"title", "value"} or "command" in part


def test_a_button_says_what_the_same_parser_understands(channel):
    for card in cards(channel):
        for part in parts(card):
            if part.get("type") != "Action.Submit":
                continue
            assert part["data"].keys() == {"command"}
            command = read_command(Message(part["data"]["command"]))
            assert isinstance(command, Again | Cancel | Done | Show | ShowJob)


def test_every_card_can_be_read_without_being_drawn(channel):
    for card in cards(channel):
        assert card["fallbackText"] == "as text"
        assert card["speak"]


def titles(job: Job, channel: Channel) -> list[str]:
    return [action["title"] for action in of_job(job, channel)["actions"]]


def test_each_state_has_the_buttons_that_do_something(channel):
    assert titles(JOBS["queued"], channel) == ["Cancel", "Show", "Done"]
    assert titles(JOBS["running"], channel) == ["Cancel", "Show", "Done"]
    assert titles(JOBS["cancel asked"], channel) == ["Show", "Done"]
    assert titles(JOBS["succeeded"], channel) == ["Show"]
    assert titles(JOBS["failed"], channel) == ["Run again", "Show", "Open"]
    assert titles(JOBS["cancelled"], channel) == ["Run again", "Show"]


def test_without_the_right_to_it_there_is_no_button_done(channel):
    card = job_card(ENGLISH, channel, a_job(), HERE, fallback="x", may_complete=False)
    assert [action["title"] for action in card["actions"]] == ["Cancel", "Show"]


def test_text_from_outside_is_text(channel):
    """A title is no markup and no link, and cannot turn the text around it."""
    card = of_job(JOBS["hostile"], channel)
    said = json.dumps(card, ensure_ascii=False)
    assert "\u202e" not in said
    assert "<b>" not in said
    assert "](javascript:" not in json.dumps(card["body"])


def test_how_far_a_job_is_can_be_read_on_every_host():
    for channel in map(channel_named, WITH_CARDS):
        drawn = [part.get("text") for part in parts(of_job(JOBS["running"], channel))]
        assert "█████░░░░░ 50%" in drawn


def test_a_list_leads_on_and_to_another_view(channel):
    assert [each["title"] for each in of_list(channel)["actions"]] == ["More", "Running"]
    running = of_list(channel, section=Section.RUNNING, has_more=False)
    assert [each["title"] for each in running["actions"]] == ["All"]


def test_a_full_page_stays_far_below_what_a_channel_takes(channel):
    job = a_job(title="\U0001f600" * 200, requested_by="\U0001f600" * 100)
    jobs = tuple(job._replace(id=job.id + place) for place in range(20))
    place = Position(Section.ALL, job.id)
    page = JobPage(jobs=jobs, total=20, start=place, end=place, has_more=True, bookmarked=False)
    card = list_card(
        ENGLISH, channel, page, shortest_suffixes([each.id for each in jobs]), HERE, fallback="x"
    )
    assert len(json.dumps(card, ensure_ascii=False).encode("utf-16-le")) < 40 * 1024


@pytest.mark.parametrize("channel_id", ["slack", "sms", "test", None, ""])
def test_a_channel_that_is_not_known_has_text_alone(channel_id):
    assert channel_named(channel_id) == Channel()
    assert channel_named(channel_id).card_version is None
