"""The start lines fit the settings."""

import pytest

from web.server.greeting import Greeting

URL = "http://localhost:3978/api/messages"
PLAYGROUND = f"  npx --yes @microsoft/m365agentsplayground -e {URL} -c emulator"
WITH_IDENTITY = {"app_id": "12ab", "has_password": True}


def greeting(**settings) -> list[str]:
    defaults = {
        "version": "1.2.3",
        "host": "localhost",
        "port": 3978,
        "path": "/api/messages",
        "storage": "sqlite:///jobs.sqlite3",
        "app_id": "",
        "app_tenant_id": "",
        "has_password": False,
        "listens_on_loopback": True,
        "accepts_emulator_tokens": True,
    }
    return Greeting(**{**defaults, **settings}).lines()


def test_it_says_where_it_listens_what_it_stores_and_how_to_chat():
    assert greeting() == [
        f"The proactive bot 1.2.3 listens on {URL}",
        "Jobs are kept in sqlite:///jobs.sqlite3",
        "Authentication is off. That is safe while only this machine can reach the bot: a proxy or a tunnel"
        " in front makes it public. Set MicrosoftAppId and MicrosoftAppPassword then.",
        "Chat with it: open that address in the Bot Framework Emulator, or run",
        PLAYGROUND,
        "  While it runs, the Playground listens on all network interfaces of this machine.",
        "Stop it with Ctrl+C.",
    ]


def test_an_ipv6_address_stands_in_brackets():
    assert "http://[::1]:3978/api/messages" in greeting(host="::1")[0]


@pytest.mark.parametrize("host, link", [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")])  # noqa: S104
def test_a_link_names_an_address_that_a_client_can_open(host, link):
    said = greeting(host=host, listens_on_loopback=False)
    links = [word for line in said for word in line.split() if word.startswith("http")]
    assert len(links) == 2
    assert all(each.startswith(link) for each in links)
    assert said[1] == f"HOST={host}: it also listens on every other address of this machine."


def test_with_an_app_id_it_says_how_to_give_it_to_the_emulator_and_the_playground():
    said = greeting(**WITH_IDENTITY)
    assert "Authentication is on, for app 12ab." in said
    assert any("Bot Framework Emulator, with the app id and its password" in line for line in said)
    assert f"{PLAYGROUND} --client-id 12ab --client-secret PASSWORD" in said


def test_an_app_of_one_tenant_names_it_to_the_playground():
    said = greeting(**WITH_IDENTITY, app_tenant_id="34cd")
    assert f"{PLAYGROUND} --client-id 12ab --client-secret PASSWORD --tenant-id 34cd" in said


def test_where_the_emulator_is_not_let_in_no_command_is_offered():
    said = greeting(**WITH_IDENTITY, listens_on_loopback=False, accepts_emulator_tokens=False)
    assert not any("npx" in line for line in said)
    assert any("EMULATOR_TOKENS=true" in line for line in said)


def test_beyond_loopback_the_emulators_own_address_has_to_be_allowed():
    said = greeting(**WITH_IDENTITY, listens_on_loopback=False)
    assert any("SERVICE_URL_HOSTS" in line for line in said)
    assert not any("SERVICE_URL_HOSTS" in line for line in greeting(**WITH_IDENTITY))


def test_a_managed_identity_has_no_password_to_ask_for():
    said = greeting(app_id="12ab", has_password=False)
    assert not any("PASSWORD" in line or "npx" in line for line in said)
    assert any("Test in Web Chat" in line for line in said)


def test_an_open_bot_says_who_can_use_it():
    said = greeting(host="192.0.2.1", listens_on_loopback=False)
    assert any("ALLOW_ANONYMOUS" in line for line in said)
