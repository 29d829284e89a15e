"""People are answered, and told, in the language of their client."""


async def test_who_speaks_german_is_answered_and_told_in_german(chat):
    a, jobs = chat("a", fields={"locale": "de-DE"}), chat("jobs")
    said = await a.say("run")
    number = said.partition("Job ")[2].partition(" ")[0]
    assert said == f"Wir starten Job {number} für dich und sagen Bescheid, wenn er fertig ist."
    await jobs.post(type="event", name="jobFailed", value={"jobId": number, "durationSeconds": 252})
    told = (await a.heard()).text
    assert told == f"Job {number} ist fehlgeschlagen.\n\nDas hat 4 Min. 12 Sek. gedauert."


async def test_teams_says_language_and_zone_of_its_client(chat):
    client = {"type": "clientInfo", "locale": "de-DE", "timezone": "Europe/Berlin"}
    a = chat("a", channel_id="msteams", fields={"entities": [client]})
    said = await a.say("run nightly")
    assert said.startswith("Wir starten Job ")
    assert "Zeiten in Europe/Berlin." in await a.say("show")
    number = said.partition("Job ")[2].partition(":")[0]
    await chat("jobs").post(type="event", name="jobComplete", value=number)
    assert (await a.heard()).text == f"Job {number} ist fertig: nightly"


async def test_a_button_is_labelled_in_the_language_and_says_the_command(chat):
    a = chat("a", channel_id="webchat", fields={"locale": "de"})
    await a.post(type="message", text="run")
    [card] = (await a.heard()).cards
    actions = [(each["title"], each["data"]["command"].partition(" ")[0]) for each in card["actions"]]
    assert actions == [("Abbrechen", "cancel"), ("Zeigen", "show"), ("Fertig", "done")]


async def test_a_button_of_a_card_does_what_typing_does(chat):
    a = chat("a", channel_id="webchat")
    await a.post(type="message", text="run nightly")
    [card] = (await a.heard()).cards
    pressed = {action["title"]: action["data"] for action in card["actions"]}
    response = await a.post(type="message", text=None, value=pressed["Done"])
    assert response.status == 200
    assert "(nightly)" in (await a.heard()).text
    assert "is complete: nightly" in (await a.heard()).text
    await a.post(type="message", text=None, value=pressed["Cancel"])  # The card is out of date.
    assert "is already complete" in (await a.heard()).text
