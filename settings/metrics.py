"""The folder in which the processes of one host share their metrics."""

from pathlib import Path

#: prometheus-client reads this from the environment when it is imported, so it is none of the bot's settings.
SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"


def metrics_faults(folder: str | None) -> list[str]:
    """Return a line if *folder* is given and is none."""
    if folder is None or Path(folder).is_dir():
        return []
    return [f"{SHARED_METRICS}: there is no folder {folder!r}"]
