"""What the user reads, the channel hears and the operator finds when a turn goes wrong."""

from tests.fakes.fake_connector import Answer


async def test_the_user_reads_an_apology_and_the_operator_one_line(chat, connector, caplog):
    """A channel that refuses an answer is nothing to mend in the bot: a trace of 5 kB says no more."""
    a = chat("a")
    connector.script("a", Answer.error(500, "ServiceError"))
    response = await a.post(type="message", text="run")
    assert response.status == 200
    assert [arrival.text for arrival in connector.delivered] == ["Sorry, it looks like something went wrong."]
    [record] = [record for record in caplog.records if record.name == "bot.apology"]
    assert record.exc_info is None
    said = "A turn of type message was not answered: The connector answered 500"
    assert record.getMessage().startswith(said)


async def test_a_channel_that_takes_no_answer_at_all_is_asked_to_send_the_activity_again(chat, connector):
    a = chat("a")
    connector.script("a", *[Answer.error(500, "ServiceError")] * 2)
    response = await a.post(type="message", text="run", id="once")
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.content_type == "application/problem+json"
    assert await response.json(content_type=None) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The channel did not accept the answer.",
    }

    lost = (await a.heard()).text
    await a.heard()
    assert await a.say("run", id="once") == lost  # The same job: it counts once.


async def test_a_welcome_that_nobody_got_is_said_when_the_channel_tries_again(chat, connector):
    a = chat("a")
    joins = {"type": "conversationUpdate", "membersAdded": [{"id": "u1", "name": "Ann"}], "id": "joined"}
    connector.script("a", *[Answer.error(500, "ServiceError")] * 2)
    assert (await a.post(**joins)).status == 503
    assert (await a.post(**joins)).status == 200
    assert [arrival.text.partition("!")[0] for arrival in connector.delivered] == ["Welcome, Ann"]


async def test_a_channel_that_cannot_be_reached_is_told_so_where_it_can_hear_it(chat, connector, caplog):
    a = chat("a")
    await connector.close()
    assert (await a.post(type="message", text="show")).status == 503
    assert not any(record.exc_info for record in caplog.records)
    await connector.open()
    assert await a.say("show") == "The job log is empty."
