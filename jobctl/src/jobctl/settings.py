"""Where the bot is, and what proves who asks: from the environment, with secrets from files if wanted."""

import os
from collections.abc import Mapping
from typing import NamedTuple

URL, TOKEN, SECRET = "JOBCTL_URL", "JOBCTL_TOKEN", "JOBCTL_SECRET"

_DEFAULT_URL = "http://localhost:3978"
_FILE = "file:"


class SettingsError(Exception):
    """A setting cannot be used; the message says what to do."""


class Settings(NamedTuple):
    """How to reach the bot."""

    url: str = _DEFAULT_URL
    token: str | None = None  #: Of the API, or of one job.
    secret: str | None = None  #: ``whsec_…``, for signed reports.


def load_settings(environment: Mapping[str, str] = os.environ, **given: str | None) -> Settings:
    """
    Return the settings in *environment*; those that are *given* go before it.

    A token or a secret may be ``file:<path>``. Raises `SettingsError`.
    """
    url = given.get("url") or environment.get(URL) or _DEFAULT_URL
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{URL} must begin with http:// or https://, but is {url!r}")
    return Settings(
        url=url.rstrip("/"),
        token=_secret(given.get("token") or environment.get(TOKEN)),
        secret=_secret(given.get("secret") or environment.get(SECRET)),
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
