"""The rules between settings, and the messages about faults."""

import pytest

from config import Config, is_loopback, likely_mistakes, load_config, setting_names
from settings.faults import ConfigError


@pytest.fixture(autouse=True)
def settings_of_the_machine_do_not_count(monkeypatch):
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)


def load(**settings) -> Config:
    return load_config(_env_file=None, **settings)


def faults(**settings) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(**settings)
    assert str(raised.value) == "\n".join(raised.value.faults)
    return raised.value.faults


def test_without_any_setting_the_bot_runs_on_loopback_with_a_file_and_no_authentication():
    config = load()
    assert (config.host, config.port) == ("localhost", 3978)
    assert config.listens_on_loopback
    assert not config.authentication
    assert config.storage.startswith("sqlite:///")
    assert config.storage.endswith("/proactive-bot.sqlite3")


def test_the_environment_is_read_and_goes_before_the_file(monkeypatch, tmp_path):
    file = tmp_path / ".env"
    file.write_text("PORT=1111\nHOST=127.0.0.9\nLOG_LEVEL=\n")
    monkeypatch.setenv("PORT", "2222")
    monkeypatch.setenv("HOST", "")  # Empty counts as absent.
    config = load_config(_env_file=file)
    assert (config.port, config.host, config.log_level) == (2222, "127.0.0.9", "INFO")


def test_a_file_with_a_byte_order_mark_is_read_like_any_other(tmp_path):
    """Some editors on Windows put one in front, where it would become part of the first name."""
    file = tmp_path / ".env"
    file.write_bytes("PORT=1111\n".encode("utf-8-sig"))
    config = load_config(_env_file=file)
    assert config.port == 1111
    assert likely_mistakes(config, env_file=file) == []


@pytest.mark.parametrize("content", ["PORT=1111\n".encode("utf-16"), b"HOST=caf\xe9\n"])
def test_a_file_that_is_not_utf_8_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / ".env"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        load_config(_env_file=file)
    assert raised.value.faults == [f"{file} is not UTF-8: save it in that encoding"]


def test_misspelt_names_are_found_in_the_environment_and_in_the_file(monkeypatch, tmp_path):
    file = tmp_path / ".env"
    file.write_text("DATABSE_URL=hunter2\nMicrosoftAppId=bot\nMicrosoftAppPassword=x\n")
    monkeypatch.setenv("PROT", "hunter2")
    said = likely_mistakes(load_config(_env_file=file), env_file=file)
    assert "PROT is not a setting and does nothing: did you mean PORT?" in said
    assert "DATABSE_URL is not a setting and does nothing: did you mean DATABASE_URL?" in said
    assert said[-1].startswith("MicrosoftAppId is not a GUID")
    assert "hunter2" not in str(said)


def test_a_misspelt_name_is_said_with_the_fault_that_it_causes(tmp_path):
    file = tmp_path / ".env"
    file.write_text("MicrosoftAppId=bot\nMicrosoftAppPasword=hunter2\n")
    with pytest.raises(ConfigError) as raised:
        load_config(_env_file=file)
    assert [fault.split(":")[0] for fault in raised.value.faults] == [
        "MicrosoftAppId is set without MicrosoftAppPassword",
        "MicrosoftAppPasword is not a setting and does nothing",
    ]


def test_a_bot_with_an_identity_may_listen_anywhere():
    config = load(MicrosoftAppId="app", MicrosoftAppPassword="secret", HOST="::")
    assert config.authentication
    assert not config.listens_on_loopback


@pytest.mark.parametrize(
    "settings, fault",
    [
        (
            {"MicrosoftAppPassword": "secret"},
            "MicrosoftAppPassword is set without MicrosoftAppId: set both, or neither",
        ),
        (
            {"MicrosoftAppId": "app"},
            "MicrosoftAppId is set without MicrosoftAppPassword: set it, or MicrosoftAppType=UserAssignedMSI",
        ),
        (
            {"MicrosoftAppId": "app", "MicrosoftAppPassword": "x", "MicrosoftAppType": "SingleTenant"},
            "MicrosoftAppType SingleTenant needs MicrosoftAppTenantId",
        ),
        (
            {"MicrosoftAppTenantId": "tenant", "MicrosoftAppType": "UserAssignedMSI"},
            "MicrosoftAppType UserAssignedMSI needs MicrosoftAppId",
        ),
        (
            {"HOST": "192.0.2.1"},
            "without MicrosoftAppId everyone who can reach HOST=192.0.2.1 could use the bot:"
            " set MicrosoftAppId, or HOST=localhost, or ALLOW_ANONYMOUS=true if only trusted clients"
            " can reach it",
        ),
        (
            {"SEND_TIMEOUT_SECONDS": 30},
            "the deadlines must nest: CONNECT_TIMEOUT_SECONDS < SEND_TIMEOUT_SECONDS < LEASE_SECONDS",
        ),
        (
            {"CONNECT_TIMEOUT_SECONDS": 15},
            "the deadlines must nest: CONNECT_TIMEOUT_SECONDS < SEND_TIMEOUT_SECONDS < LEASE_SECONDS",
        ),
        ({"RETRY_BASE_SECONDS": 301}, "RETRY_BASE_SECONDS must be at most RETRY_CAP_SECONDS"),
        (
            {"DATABASE_URL": "jobs.sqlite3"},
            "DATABASE_URL: is no database URL: use sqlite:///<file> or postgresql://<host>/<db>",
        ),
        (
            {"DATABASE_URL": "sqlite://u:pw@h/x"},
            "DATABASE_URL: a SQLite URL names a file alone: write sqlite:///<file>, or sqlite:// for memory",
        ),
        (
            {"DATABASE_URL": "postgresql://bot:pa/ss@host/db"},
            "DATABASE_URL: a PostgreSQL URL is postgresql://<user>:<password>@<host>:<port>/<db>, with / ? #"
            " @ in a password written %2F %3F %23 %40",
        ),
        (
            {"ChannelService": "x"},
            "ChannelService: must be empty, or https://botframework.azure.us for the US government's cloud",
        ),
        (
            {"CHANNEL_LIMITS": "slack"},
            "CHANNEL_LIMITS: write channel=sends/seconds with semicolons between, such as"
            " slack=1/1;slack=60/60",
        ),
        ({"SIMULATED_COMPLETION": "all"}, "SIMULATED_COMPLETION: input should be 'anyone', 'owner' or 'off'"),
        (
            {"SERVICE_URL_HOSTS": "example.org, ftp://x"},
            "SERVICE_URL_HOSTS: 'ftp://x' is neither a host nor scheme://host[:port]: malformed",
        ),
        (
            {"SERVICE_URL_HOSTS": "ftp://x, example.org/path"},
            "SERVICE_URL_HOSTS: 'example.org/path' is neither a host nor scheme://host[:port];"
            " 'ftp://x' is neither a host nor scheme://host[:port]: malformed",
        ),
        (
            {"SERVICE_URL_HOSTS": "example.org, https://bot:pa,ss@example.org"},
            "SERVICE_URL_HOSTS: a user or a password is in it: write host or scheme://host[:port]",
        ),
        (
            {"JOB_SYSTEM_APP_IDS": "one two, three"},
            "JOB_SYSTEM_APP_IDS: no ids: 'one two'; write ids with commas between",
        ),
        (
            {"JOB_SYSTEM_CHANNELS": "directline;webchat"},
            "JOB_SYSTEM_CHANNELS: no ids: 'directline;webchat'; write ids with commas between",
        ),
        (
            {"MicrosoftAppId": "the app", "MicrosoftAppPassword": "x"},
            "MicrosoftAppId: is no id: use letters, digits, dots and dashes",
        ),
        (
            {"MicrosoftAppTenantId": "../common"},
            "MicrosoftAppTenantId: is no id: use letters, digits, dots and dashes",
        ),
        (
            {"BotOpenIdMetadata": "http://keys.example/"},
            "BotOpenIdMetadata: must be https: an attacker who changes the keys in transit can forge"
            " any token",
        ),
        (
            {"ToBotFromChannelOpenIdMetadataUrl": "http://keys.example/"},
            "ToBotFromChannelOpenIdMetadataUrl: must be https: an attacker who changes the keys in transit"
            " can forge any token",
        ),
        (
            {"ToBotFromEmulatorOpenIdMetadataUrl": "keys.example"},
            "ToBotFromEmulatorOpenIdMetadataUrl: input should be a valid URL, relative URL without a base",
        ),
        (
            {"ToChannelFromBotLoginUrl": "http://localhost/adfs"},
            "ToChannelFromBotLoginUrl: must be https: the bot's secret is sent there",
        ),
        (
            {"EMULATOR_TOKENS": "perhaps"},
            "EMULATOR_TOKENS: input should be a valid boolean, unable to interpret input",
        ),
        (
            {"ALLOW_ANONYMOUS": "perhaps", "HOST": "192.0.2.1"},
            "ALLOW_ANONYMOUS: input should be a valid boolean, unable to interpret input",
        ),
        ({"MAX_TURNS": 0}, "MAX_TURNS: input should be greater than or equal to 1"),
        (
            {"RETRY_BASE_SECONDS": 3601, "RETRY_CAP_SECONDS": 7200},
            "RETRY_BASE_SECONDS: input should be less than or equal to 3600",
        ),
        ({"PORT": "x"}, "PORT: input should be a valid integer, unable to parse string as an integer"),
        ({"PORT": 65536}, "PORT: input should be less than or equal to 65535"),
        ({"LEASE_SECONDS": 0}, "LEASE_SECONDS: input should be greater than 0"),
        ({"RETRY_ATTEMPTS": 0}, "RETRY_ATTEMPTS: input should be greater than or equal to 1"),
    ],
)
def test_each_fault_is_said_in_words_that_say_what_to_set(settings, fault):
    assert faults(**settings)[0] == fault


@pytest.mark.parametrize(
    "settings",
    [
        {"MicrosoftAppId": "app", "MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": "t"},
        {"HOST": "192.0.2.1", "ALLOW_ANONYMOUS": "true"},
        {"HOST": "127.9.9.9"},
        {"HOST": "::1"},
        {"LOG_LEVEL": "debug"},
        {"DATABASE_URL": "sqlite://"},
        {
            "BotOpenIdMetadata": "http://127.0.0.1:5000/",
            "ToBotFromEmulatorOpenIdMetadataUrl": "http://[::1]/",
        },
        {"JOB_SYSTEM_CHANNELS": "directline, webchat", "SERVICE_URL_HOSTS": "http://127.0.0.1,a.example"},
    ],
)
def test_what_breaks_no_rule_is_taken(settings):
    load(**settings)


def test_lists_are_read_from_one_line(monkeypatch):
    monkeypatch.setenv("JOB_SYSTEM_APP_IDS", " one, two ,")
    monkeypatch.setenv("CHANNEL_LIMITS", "slack=1/1; slack = 60/60.5;sms=1/3")
    config = load()
    assert config.job_system_app_ids == {"one", "two"}
    assert config.channel_limits == {"slack": [(1, 1), (60, 60.5)], "sms": [(1, 3)]}


def test_what_is_laxer_without_an_identity_is_strict_with_one():
    lax = load()
    strict = load(MicrosoftAppId="app", MicrosoftAppPassword="x", HOST="0.0.0.0")  # noqa: S104
    assert (lax.simulates_completion, strict.simulates_completion) == ("anyone", "owner")
    assert load(SIMULATED_COMPLETION="off").simulates_completion == "off"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "0.0.0.0"])  # noqa: S104
def test_tokens_of_emulator_type_are_off_until_they_are_asked_for(host, monkeypatch):
    """A proxy, a tunnel or gunicorn may stand in front of a loopback address."""
    identity = {"MicrosoftAppId": "app", "MicrosoftAppPassword": "x", "HOST": host}
    assert load(**identity).emulator_tokens is False
    monkeypatch.setenv("EMULATOR_TOKENS", "")
    assert load(**identity).emulator_tokens is False
    monkeypatch.setenv("EMULATOR_TOKENS", "true")
    assert load(**identity).emulator_tokens is True


def test_all_faults_are_said_at_once_also_those_between_settings_that_are_right_in_themselves():
    said = faults(
        PORT="x",
        LOG_LEVEL="loud",
        MicrosoftAppType="Tenantless",
        MicrosoftAppPassword="secret",
        HOST="192.0.2.1",
        RETRY_BASE_SECONDS=301,
    )
    assert len(said) == 6
    for name in ("PORT", "LOG_LEVEL", "MicrosoftAppType", "MicrosoftAppPassword", "HOST", "RETRY_BASE"):
        assert sum(name in fault.split(":")[0] for fault in said) == 1, name


@pytest.mark.parametrize(
    "url", ["hunter2", "mysql://bot:hunter2@host:x/db", "mysql://bot:a@b:hunter2/db", "hunter2://"]
)
def test_no_secret_is_said(url):
    said = faults(DATABASE_URL=url, MicrosoftAppPassword="hunter2", PORT="x")
    assert "hunter2" not in str(said)


@pytest.mark.parametrize(
    "host", ["https://bot:{}@a.example", "bot:{},x@a.example", "{}@x", "https://bot:@{}@"]
)
def test_no_user_information_of_a_host_is_said(host):
    said = faults(SERVICE_URL_HOSTS=f"example.org/path,{host.format('hunter2')}")
    assert said == ["SERVICE_URL_HOSTS: a user or a password is in it: write host or scheme://host[:port]"]


def test_no_secret_is_shown():
    config = load(
        DATABASE_URL="postgresql://bot:hunter2@host/db", MicrosoftAppId="app", MicrosoftAppPassword="hunter2"
    )
    assert config.storage == "postgresql://bot:***@host/db"
    assert "hunter2" not in f"{config!r}{config}{config.model_dump()}"


@pytest.mark.parametrize(
    "host, loopback",
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_is_what_no_other_machine_can_reach(host, loopback):
    assert is_loopback(host) is loopback
