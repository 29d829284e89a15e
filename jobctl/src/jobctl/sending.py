"""Send reports that wait in the spool."""

from jobctl.client import JobSystem, Refused, Report, Unreachable
from jobctl.settings import Settings
from jobctl.spool import Spool, Spooled
from jobctl.warning import warn


async def flush(spool: Spool, settings: Settings, *, patience: float = 5.0) -> int:
    """
    Send what waits, in order; return how many reports still do.

    What the bot refuses is put aside, with a word about it. Another call may be doing the same:
    then nothing is sent.
    """
    with spool.alone() as alone:
        unreachable: set[str] = set()
        left = 0
        for file, report in spool.waiting():
            if not alone or report.url in unreachable:
                left += 1
                continue
            try:
                await send(report, settings, patience=patience)
            except Unreachable:
                unreachable.add(report.url)
                left += 1
            except Refused as error:
                warn(f"the bot refuses a report that waited ({report.kind}): {error}")
                spool.refuse(file)
            else:
                spool.remove(file)
        return left


async def send(report: Spooled, settings: Settings, *, patience: float) -> dict[str, object]:
    """Send one report, for which the job is created if need be; return the receipt."""
    to = settings._replace(url=report.url, token=report.token or settings.token, trace=report.trace)
    async with JobSystem(to, timeout=patience) as jobs:
        number = report.job
        if number is None:
            created = await jobs.create(report.title, external_id=report.external_id)
            number = int(created["jobId"])
        return await jobs.report(Report(job=number, kind=report.kind, content=report.content, id=report.id))
