"""What the operator reads first."""

from web.server.greeting import Greeting


def greeting(**settings) -> list[str]:
    defaults = {
        "host": "localhost",
        "port": 3978,
        "path": "/api/messages",
        "storage": "sqlite:///jobs.sqlite3",
        "app_id": "",
        "listens_on_loopback": True,
    }
    return Greeting(**{**defaults, **settings}).lines()


def test_it_says_where_it_listens_what_it_stores_and_how_to_chat():
    assert greeting() == [
        "The proactive bot listens on http://localhost:3978/api/messages",
        "Jobs are kept in sqlite:///jobs.sqlite3",
        "Authentication is off. That is safe: only this machine can reach the bot.",
        "Chat with it: open that address in the Bot Framework Emulator, or run",
        "  npx @microsoft/m365agentsplayground -e http://localhost:3978/api/messages -c emulator",
        "Stop it with Ctrl+C.",
    ]


def test_an_ipv6_address_stands_in_brackets():
    assert "http://[::1]:3978/api/messages" in greeting(host="::1")[0]


def test_it_says_whom_it_trusts():
    assert "Authentication is on, for app 12ab." in greeting(app_id="12ab", listens_on_loopback=False)
    assert any("ALLOW_ANONYMOUS" in line for line in greeting(host="192.0.2.1", listens_on_loopback=False))
