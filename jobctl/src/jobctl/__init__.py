"""Report on jobs to a proactive bot: an async client, and the command line `jobctl`."""

from jobctl.settings import Settings, SettingsError, load_settings

__all__ = ["JobSystem", "Refused", "Report", "Settings", "SettingsError", "Unreachable", "load_settings"]


def __getattr__(name: str) -> object:
    """Import the client when it is asked for: `jobctl run` starts a command long before it needs one."""
    if name in ("JobSystem", "Refused", "Report", "Unreachable"):
        from jobctl import client

        return getattr(client, name)
    raise AttributeError(name)
