"""Where the bot is, and what proves who asks: from the environment, with secrets from files if wanted."""

import os
from collections.abc import Mapping
from typing import NamedTuple

URL, TOKEN, SECRET = "JOBCTL_URL", "JOBCTL_TOKEN", "JOBCTL_SECRET"

#: How reports go: "http", or "activities", which is what they are if there is an app id.
VIA = "JOBCTL_VIA"
APP_ID, APP_PASSWORD, TENANT = "JOBCTL_APP_ID", "JOBCTL_APP_PASSWORD", "JOBCTL_TENANT_ID"
BOT_APP_ID, LOGIN_URL = "JOBCTL_BOT_APP_ID", "JOBCTL_LOGIN_URL"

#: By which programs hand the context of a trace on to those that they start.
#: https://opentelemetry.io/docs/specs/otel/context/env-carriers/
TRACE = "TRACEPARENT"

_DEFAULT_LOGIN_URL = "https://login.microsoftonline.com"

_DEFAULT_URL = "http://localhost:3978"
_FILE = "file:"


class SettingsError(Exception):
    """A setting cannot be used; the message says what to do."""


class Credentials(NamedTuple):
    """An application of Microsoft Entra ID that calls the bot."""

    app_id: str
    app_password: str
    tenant_id: str
    bot_app_id: str  #: The application that the bot is.
    login_url: str = _DEFAULT_LOGIN_URL  #: Without a slash at its end.


class Settings(NamedTuple):
    """How to reach the bot."""

    url: str = _DEFAULT_URL
    token: str | None = None  #: Of the API, or of one job.
    secret: str | None = None  #: ``whsec_…``, for signed reports.
    activities: bool = False  #: Whether reports are event activities.
    credentials: Credentials | None = None  #: For event activities to a bot with authentication.
    trace: str | None = None  #: The `traceparent` that requests go on with.


def load_settings(environment: Mapping[str, str] = os.environ, **given: str | None) -> Settings:
    """
    Return the settings in *environment*; those that are *given* go before it.

    A token or a secret may be ``file:<path>``. Raises `SettingsError`.
    """
    url = given.get("url") or environment.get(URL) or _DEFAULT_URL
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{URL} must begin with http:// or https://, but is {url!r}")
    via = environment.get(VIA) or ("activities" if environment.get(APP_ID) else "http")
    if via not in ("http", "activities"):
        raise SettingsError(f"{VIA} must be http or activities, but is {via!r}")
    return Settings(
        url=url.rstrip("/"),
        activities=via == "activities",
        credentials=_credentials(environment) if environment.get(APP_ID) else None,
        token=_secret(given.get("token") or environment.get(TOKEN)),
        secret=_secret(given.get("secret") or environment.get(SECRET)),
        trace=valid_trace(environment.get(TRACE)),
    )


def valid_trace(text: str | None) -> str | None:
    """Return *text* if it is a `traceparent` (https://www.w3.org/TR/trace-context/), otherwise None."""
    parts = (text or "").split("-")
    if [*map(len, parts)] != [2, 32, 16, 2] or not set("".join(parts)) <= set("0123456789abcdef"):
        return None
    version, trace, span, _ = parts
    return text if version != "ff" and int(trace, 16) and int(span, 16) else None


def _credentials(environment: Mapping[str, str]) -> Credentials:
    missing = [name for name in (APP_PASSWORD, TENANT, BOT_APP_ID) if not environment.get(name)]
    if missing:
        raise SettingsError(f"{APP_ID} is set, so set {', '.join(missing)}, too")
    login_url = (environment.get(LOGIN_URL) or _DEFAULT_LOGIN_URL).rstrip("/")
    if not login_url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise SettingsError(f"{LOGIN_URL} must begin with https://: it gets {APP_PASSWORD}")
    return Credentials(
        app_id=environment[APP_ID],
        app_password=_secret(environment[APP_PASSWORD]) or "",
        tenant_id=environment[TENANT],
        bot_app_id=environment[BOT_APP_ID],
        login_url=login_url,
    )


def _secret(value: str | None) -> str | None:
    if not value or not value.startswith(_FILE):
        return value or None
    path = os.path.expanduser(value.removeprefix(_FILE))  # noqa: PTH111  # Importing pathlib takes longer.
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read().strip() or None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
