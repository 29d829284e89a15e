"""The reference says what the code says, and the code's own words reach the reader as they are."""

import pytest

from config import Config, setting_names
from reference.markdown import escaped
from reference.pages import ROOT, pages
from reference.settings import groups, value

PAGES = {path.name: (path, text) for path, text in pages().items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name):
    path, text = PAGES[name]
    assert path.read_text("utf-8") == text, "run `make reference`"


def test_every_setting_is_explained():
    explained = list(groups((ROOT / ".env.example").read_text("utf-8")))
    names = [name for group in explained for name, _ in group.shown]
    assert sorted(names) == sorted(setting_names())
    assert [group.shown for group in explained if not group.text or not group.heading] == []


@pytest.mark.parametrize(
    "name, said",
    [
        ("PORT", "a whole number from 0 to 65,535"),
        ("LOG_FORMAT", "`text`, `json`"),
        ("SIMULATED_COMPLETION", "`anyone`, `owner`, `off`"),
        ("LEASE_SECONDS", "a number above 0 to 86,400"),
        ("JOB_START_WITHIN_SECONDS", "a number above 0 to 86,400"),
        ("SENDS_PER_SECOND", "a whole number from 1"),
        ("MicrosoftAppPassword", "a secret"),
        ("ALLOW_ANONYMOUS", "`true`, `false`"),
        ("BOARD_SHOWS_TEXTS", "`true`, `false`"),
        ("PUBLIC_URL", "a URL"),
        ("MicrosoftAppId", "an id"),
        ("JOB_SYSTEM_APP_IDS", "ids, commas between"),
        ("SERVICE_URL_HOSTS", "names, commas between"),
        ("JOB_SYSTEM_SECRETS", "secrets `whsec_…`, commas between"),
        ("JOB_API_TOKENS", "secrets of 32 or more characters, commas between"),
        ("JOB_WEBHOOKS", "a JSON list"),
        ("CHANNEL_LIMITS", "limits, semicolons between"),
    ],
)
def test_a_setting_s_values_are_said(name, said):
    [field] = [field for field in Config.model_fields.values() if field.alias == name]
    assert value(field) == said


def test_marks_are_escaped_outside_of_code():
    assert escaped("a <b> `<c> *` * x_y") == r"a \<b> `<c> *` \* x\_y"
