"""A configuration for parts that a test opens: nothing of the developer's environment or `.env` counts."""

from pathlib import Path

from config import Config

_QUIET = {
    "MicrosoftAppId": "",
    "MicrosoftAppPassword": "",
    "HOST": "localhost",
    "CONNECT_TIMEOUT_SECONDS": 0.05,
    "SEND_TIMEOUT_SECONDS": 5,
    "LEASE_SECONDS": 30,
}


def settings(database: Path | None = None, **changed: object) -> Config:
    """Return a configuration with the job log in *database*, or in memory; *changed* by a setting's name."""
    url = "sqlite://" if database is None else f"sqlite:///{database.as_posix()}"
    return Config(_env_file=None, **{"DATABASE_URL": url, **_QUIET, **changed})
