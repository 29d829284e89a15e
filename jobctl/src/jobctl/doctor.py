"""Find out why reports do not arrive, one check after the other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from jobctl.client import JobSystem, Refused, Report, Unreachable
from jobctl.settings import Settings, SettingsError

_TOLERANCE = 300  # Seconds by which a signed request's clock may differ.

_NO_JOB = 1  # No job has this number.


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to."""

    good: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'FAIL'} {self.said}"


async def examine(settings: Settings) -> list[Finding]:
    """Return the findings; the last one is the first that is bad, if any is."""
    findings = []
    async with JobSystem(settings) as jobs:
        async for finding in _checks(jobs, settings):
            findings.append(finding)
            if not finding.good:
                break
    return findings


async def _checks(jobs: JobSystem, settings: Settings) -> AsyncIterator[Finding]:
    try:
        skew = await jobs.clock_skew()
    except Unreachable as error:
        yield Finding(False, f"{error}: is JOBCTL_URL right, and does the bot run?")
        return
    except Refused as error:
        yield Finding(False, f"{settings.url} answers, but not as the bot does: {error}")
        return
    yield Finding(True, f"{settings.url} answers")
    yield Finding(
        abs(skew) < _TOLERANCE,
        f"this clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the bot's;"
        f" signed reports may differ by {_TOLERANCE} s",
    )
    yield await _report(jobs, settings)
    if settings.token is not None or settings.secret is None:
        yield await _list(jobs)


async def _report(jobs: JobSystem, settings: Settings) -> Finding:
    """Report on a job that there is not: whoever is believed hears just that."""
    how = _way(settings)
    try:
        await jobs.report(Report.new(_NO_JOB, "heartbeat"))
    except Refused as error:
        good = error.status == 404 and "no job" in str(error)
        return Finding(good, f"{how} is {'believed' if good else f'refused: {error}'}")
    except (Unreachable, SettingsError) as error:
        return Finding(False, f"{how}: {error}")
    return Finding(True, f"{how} is believed")


def _way(settings: Settings) -> str:
    if settings.activities:
        return "the application" if settings.credentials else "an event activity"
    if settings.secret:
        return "the signature"
    return "the token" if settings.token else "a report without a token"


async def _list(jobs: JobSystem) -> Finding:
    try:
        async for _ in jobs.list_jobs(limit=1):
            break
    except Refused as error:
        return Finding(True, f"jobs cannot be created or listed with this token: {error}")
    except Unreachable as error:
        return Finding(False, str(error))
    return Finding(True, "jobs can be created and listed")
