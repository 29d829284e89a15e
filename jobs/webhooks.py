"""Which job system hears of a job, by the job's title and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookRoute:
    """The jobs of one job system: those with one of *titles*, if there are any, and with all of *labels*."""

    name: str  #: It stands in keys of lanes: `settings.webhooks` says what it may be.
    titles: Sequence[str] = ()  #: Patterns with ``*`` and ``?``; case does not matter.
    labels: Mapping[str, str] = field(default_factory=dict)

    def takes(self, title: str | None, labels: Mapping[str, str]) -> bool:
        """Return whether the job system hears of a job."""
        named = (title or "").casefold()
        titled = not self.titles or any(fnmatchcase(named, each.casefold()) for each in self.titles)
        return titled and self.labels.items() <= labels.items()


def first_taker(
    routes: Sequence[WebhookRoute], title: str | None, labels: Mapping[str, str] | None = None
) -> str | None:
    """Return the name of the first of *routes* that takes the job; None if none does."""
    return next((route.name for route in routes if route.takes(title, labels or {})), None)
