"""Report on jobs to a proactive bot: an async client, and the command line `jobctl`."""

from jobctl.client import JobSystem, Refused, Unreachable
from jobctl.settings import Settings, SettingsError

__all__ = ["JobSystem", "Refused", "Settings", "SettingsError", "Unreachable"]
