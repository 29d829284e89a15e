"""`.bot` files as npm's botframework-config writes them; see tests/fixtures/bot_files/write.js."""

import base64
import json
from pathlib import Path

import pytest

from config import load_config
from settings.bot_file import settings_in
from settings.faults import ConfigError

FILES = Path(__file__).parents[2] / "fixtures" / "bot_files"
ROOT = Path(__file__).parents[3]
SECRET, OLD_SECRET = base64.b64encode(bytes([7] * 32)).decode(), "an old secret"
APP, PASSWORD = "00000000-1111-2222-3333-444444444444", "made up, für Tests"
PRODUCTION = {"MicrosoftAppId": APP, "MicrosoftAppPassword": PASSWORD}


@pytest.fixture
def written(tmp_path):
    """Writes a file; returns its path."""

    def written(text):
        path = tmp_path / "a.bot"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def config(path, **given):
    return load_config(_env_file=None, botFilePath=str(path), HOST="localhost", **given)


@pytest.mark.parametrize(
    ("name", "secret"), [("plain", ""), ("encrypted", SECRET), ("legacy", OLD_SECRET), ("plain", SECRET)]
)
def test_a_file_of_the_package_is_read_plain_and_encrypted(name, secret):
    found = settings_in(FILES / f"{name}.bot", secret=secret, environment="production")
    assert found == PRODUCTION
    assert settings_in(FILES / f"{name}.bot", secret=secret, environment="development") == {}


def test_the_environment_chooses_the_endpoint(monkeypatch):
    monkeypatch.setenv("botFilePath", str(FILES / "encrypted.bot"))
    monkeypatch.setenv("botFileSecret", SECRET)
    assert load_config(_env_file=None).app_id == ""
    monkeypatch.setenv("botFileEnvironment", "production")
    read = load_config(_env_file=None)
    assert (read.app_id, read.app_password.get_secret_value()) == (APP, PASSWORD)


def test_env_files_name_it_too(tmp_path, monkeypatch):
    env = tmp_path / ".env"
    env.write_text(f"botFilePath={FILES / 'plain.bot'}\nbotFileEnvironment=production\n")
    assert load_config(_env_file=env).app_id == APP


def test_what_the_environment_says_wins():
    newer = config(FILES / "plain.bot", botFileEnvironment="production", MicrosoftAppPassword="a newer one")
    assert (newer.app_id, newer.app_password.get_secret_value()) == (APP, "a newer one")


def test_an_identity_is_never_mixed_of_two():
    other = "99999999-1111-2222-3333-444444444444"
    with pytest.raises(ConfigError, match="MicrosoftAppId is set without MicrosoftAppPassword"):
        config(FILES / "plain.bot", botFileEnvironment="production", MicrosoftAppId=other)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("", "botFileSecret: {path} is encrypted: set the secret"),
        ("wrong", "botFileSecret does not fit {path}: set the secret"),
        (base64.b64encode(bytes([8] * 32)).decode(), "botFileSecret does not fit {path}: set the secret"),
    ],
)
def test_without_its_secret_it_says_so_and_nothing_else(secret, says):
    path = FILES / "encrypted.bot"
    with pytest.raises(ConfigError) as raised:
        config(path, botFileSecret=secret, botFileEnvironment="production")
    assert str(raised.value).startswith(says.format(path=path))
    assert not secret or secret not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        ("[]", 'it has no list of "services"'),
        ('{"services": {}}', 'it has no list of "services"'),
        ('{"services": [7, {"type": "luis"}]}', "has no endpoint: add one"),
        (
            '{"services": [{"type": "endpoint", "name": "b"}, {"type": "endpoint", "name": "a"}]}',
            "has no endpoint named 'development', but a, b: set botFileEnvironment to one of them",
        ),
        (" " * (1 << 20) + "{}", "is larger than 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(written, text, says):
    with pytest.raises(ConfigError) as raised:
        config(written(text))
    assert says in str(raised.value)
    assert str(raised.value).startswith("botFilePath: ")


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.bot cannot be read: No such file or directory"):
        config(tmp_path / "none.bot")


def test_a_password_that_was_encrypted_with_another_secret_says_so(written):
    document = json.loads((FILES / "encrypted.bot").read_text())
    document["services"][1]["appPassword"] = "AAAA!BBBB"
    with pytest.raises(ConfigError, match="was not encrypted with botFileSecret"):
        settings_in(written(json.dumps(document)), secret=SECRET, environment="production")


def test_other_settings_of_the_endpoint_are_read(written):
    endpoint = {
        "type": "endpoint",
        "name": "development",
        "appId": APP,
        "appPassword": "a",
        "tenantId": "t-1",
    }
    cloud = {"channelService": "https://botframework.azure.us"}
    read = config(written("\ufeff" + json.dumps({"services": [{**endpoint, **cloud}]})))
    assert (read.app_tenant_id, read.channel_service) == ("t-1", "https://botframework.azure.us")


def test_the_file_that_ships_is_for_a_bot_on_this_machine():
    assert settings_in(ROOT / "proactive-bot.bot", secret="", environment="development") == {}
    [endpoint] = json.loads((ROOT / "proactive-bot.bot").read_text())["services"]
    assert endpoint["endpoint"] == "http://localhost:3978/api/messages"
