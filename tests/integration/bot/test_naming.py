"""Jobs by the last digits of their numbers, and by their titles."""

from tests.fakes.listings import short_numbers_in


async def test_the_digits_of_a_list_name_the_job_in_every_command(chat, started):
    a = chat("a")
    number = await started(a)
    [short] = short_numbers_in(await a.say("show"))
    assert len(short) < len(number)
    assert (await a.say(f"show {short}")).startswith(f"Job {number}\n")
    assert (await a.say(f"cancel {short}")).startswith(f"I have asked for job {number} ")
    assert await a.say(f"done #{short}") == f"Completing job {number}."


async def test_a_title_names_the_job_that_runs_before_those_that_have_ended(chat):
    a = chat("a")
    first = (await a.say("run Nightly report")).partition("job ")[2].partition(":")[0]
    assert (await a.say("done nightly REPORT")).startswith(f"Completing job {first}")
    await a.heard()
    second = (await a.say("run nightly report")).partition("job ")[2].partition(":")[0]
    assert (await a.say("show nightly report")).startswith(f"Job {second}: ")
    assert (await a.say('done "nightly report"')).startswith(f"Completing job {second}")


async def test_which_of_several_is_asked_back(chat):
    a = chat("a")
    numbers = [(await a.say("run twins")).partition("job ")[2].partition(":")[0] for _ in range(2)]
    said = await a.say("done twins")
    assert said.startswith("Which job? Type `done ")
    assert [number[-len(short) :] for number, short in zip(numbers, short_numbers_in(said), strict=True)] == (
        short_numbers_in(said)
    )
    assert "2 jobs running." in await a.say("show running")


async def test_digits_that_no_job_ends_in_name_none(chat, started):
    a = chat("a")
    number = await started(a)
    other = f"{(int(number[-4:]) + 1) % 10_000:04}"
    assert await a.say(f"done {other}") == f"The log does not contain a job {int(other)}."
    assert await a.say("show no such thing") == (
        "I know no job called “no such thing”. Type `show` to see the jobs."
    )


async def test_a_wish_to_cancel_is_noted_once_and_what_came_of_it_is_told(bot, chat, started):
    """What came of it is told by whoever runs the job."""
    a = chat("a")
    number = await started(a)
    await a.say(f"cancel {number}")
    assert await a.say(f"cancel {number}") == f"Alex has asked for job {number} to be cancelled already."
    assert "Alex has asked to cancel it." in await a.say(f"show {number}")
    async with bot.post(f"/api/jobs/{number}/report/cancelled") as answer:
        assert answer.status == 202
    assert (await a.heard()).text == f"Job {number} was cancelled."
    assert await a.say(f"cancel {number}") == f"Job {number} was cancelled before."


async def test_a_job_is_started_again_by_its_number(chat):
    a = chat("a")
    number = (await a.say("run nightly report")).partition("job ")[2].partition(":")[0]
    again = await a.say(f"again {number[-4:]}")
    assert again.startswith("We're starting job ")
    assert number not in again
    assert ": nightly report." in again
