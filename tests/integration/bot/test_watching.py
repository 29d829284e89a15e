"""Conversations that watch jobs which they did not start, over HTTP."""

import pytest


@pytest.fixture
def create(bot):
    """Creates a job over HTTP and returns its number."""

    async def create(**said) -> int:
        async with bot.post("/api/jobs", json=said) as answer:
            return (await answer.json())["jobId"]

    return create


@pytest.fixture
def report(bot):
    """Reports on a job over HTTP."""

    async def report(number, kind, **said) -> None:
        async with bot.post(f"/api/jobs/{number}/report/{kind}", json=said) as answer:
            assert answer.status == 202, await answer.text()

    return report


async def test_a_job_that_no_chat_started_is_told_to_those_who_watch_it(chat, create, report):
    a, b = chat("a"), chat("b")
    number = await create(title="nightly report")
    for each in (a, b):
        said = await each.say(f"watch {str(number)[-4:]}")
        assert said == f"I will tell you here when job {number} ends: nightly report"
    await report(number, "failed", message="no disk")
    for each in (a, b):
        assert (await each.heard()).text == f"Job {number} failed: nightly report\n\nno disk\n\nYou watch it."
    assert "You watch nothing." in await a.say("watching")


async def test_a_pattern_tells_of_all_whose_titles_fit(chat, create, report, connector):
    a = chat("a")
    assert "“nightly\\*”" in await a.say('watch "nightly*"')
    other, fits = await create(title="weekly"), await create(title="Nightly build")
    await report(other, "succeeded")
    await report(fits, "succeeded")
    assert (await a.heard()).text.startswith(f"Job {fits} is complete: Nightly build")
    assert "“nightly\\*”" in await a.say("watching")
    assert await a.say('unwatch "nightly*"') == "You watch 1 thing less."
    last = await create(title="nightly again")
    await report(last, "succeeded")
    assert await a.say("watching") == (
        "You watch nothing. Type `watch` and a job number, or a pattern such as `nightly*`."
    )
    assert not any(str(last) in each.text for each in connector.in_conversation("a"))


async def test_who_asked_for_a_job_is_told_anyway(chat, started):
    a = chat("a")
    number = await started(a)
    assert "you will be told here" in await a.say(f"watch {number}")


@pytest.mark.parametrize(
    "said, answer",
    [
        ("watch", 'Enter the job ID number after "watch".'),
        ("watch 5", "The log does not contain a job 5."),
        ("unwatch", "Type `unwatch` and what to watch no longer, or `unwatch all`."),
        ("unwatch 5", "You did not watch that. Type `watching` to see what you watch."),
    ],
)
async def test_what_cannot_be_watched_is_said(chat, said, answer):
    assert await chat("a").say(said) == answer


async def test_a_job_that_has_ended_is_not_watched(chat, create, report):
    number = await create()
    await report(number, "succeeded")
    assert await chat("a").say(f"watch {number}") == f"Job {number} is already complete."
    assert "You watch nothing." in await chat("a").say("watching")
