"""Warnings about settings without effect or with an unintended one, not about other programs' variables."""

import pytest

from config import setting_names
from settings.mistakes import misspelt, odd_app_id


@pytest.mark.parametrize(
    "name, meant",
    [
        ("PROT", "PORT"),
        ("HOTS", "HOST"),
        ("HOSTS", "HOST"),
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("DATABASEURL", "DATABASE_URL"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("MicrosoftAppPasword", "MicrosoftAppPassword"),
        ("MICROSOFT_APP_ID", "MicrosoftAppId"),
        ("microsoft_app_tenant_id", "MicrosoftAppTenantId"),
        ("SEND_TIMEOUT", "SEND_TIMEOUT_SECONDS"),
        ("JOB_SYSTEM_APP_ID", "JOB_SYSTEM_APP_IDS"),
    ],
)
def test_a_name_that_is_nearly_a_setting_is_said_with_the_setting(name, meant):
    assert misspelt([name], setting_names()) == [
        f"{name} is not a setting and does nothing: did you mean {meant}?"
    ]


@pytest.mark.parametrize("name", ["PORT", "port", "microsoftappid", "MicrosoftAppId"])
def test_a_setting_is_not_misspelt_whatever_its_case(name):
    assert misspelt([name], setting_names()) == []


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "PWD", "USER", "SHELL", "TERM", "LANG", "TMPDIR", "LOGNAME", "HOSTNAME"),
        *("PGHOST", "PGPORT", "PGDATABASE", "DB_HOST", "DB_PORT", "REDIS_URL", "SMTP_PORT"),
        *("KUBERNETES_PORT", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "BOT_PORT_3978_TCP"),
        *("PYTHONPATH", "VIRTUAL_ENV", "DOCKER_HOST", "WEBSITE_HOSTNAME", "WEBSITES_PORT", "SSH_TTY"),
    ],
)
def test_variables_of_other_programs_are_left_alone(name):
    assert misspelt([name], setting_names()) == []


def test_a_name_that_stands_twice_is_said_once():
    assert len(misspelt(["PROT", "PROT"], setting_names())) == 1


@pytest.mark.parametrize(
    "app_id", ["", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF"]
)
def test_an_app_id_that_is_a_guid_is_not_odd(app_id):
    assert odd_app_id(app_id) == []


@pytest.mark.parametrize(
    "app_id", ["my-bot", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcde"]
)
def test_an_app_id_that_is_no_guid_is_odd(app_id):
    [line] = odd_app_id(app_id)
    assert line.startswith("MicrosoftAppId is not a GUID")
