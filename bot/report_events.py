"""The event activities with which a job system reports on a job."""

from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from botbuilder.schema import Activity

from jobs.deadlines import NO_DEADLINES, Deadlines
from jobs.job import JobId, parse_job_id
from jobs.reports import read_content
from jobs.transitions import ReportKind

#: What each event says. The original documents use two spellings of the first.
EVENT_KINDS = {
    "jobComplete": ReportKind.SUCCEEDED,
    "jobCompleted": ReportKind.SUCCEEDED,
    "jobFailed": ReportKind.FAILED,
    "jobCancelled": ReportKind.CANCELLED,
    "jobStarted": ReportKind.STARTED,
    "jobProgress": ReportKind.PROGRESS,
    "jobHeartbeat": ReportKind.HEARTBEAT,
}


class ReportEvent(NamedTuple):
    """What an event reports."""

    kind: ReportKind
    job_id: JobId | None  #: None without a valid number.
    content: str | None = None  #: JSON of a `ReportContent`.
    left_out: tuple[str, ...] = ()  #: Properties that are not valid.
    deadlines: Deadlines = NO_DEADLINES  #: Those that it sets anew.
    external_id: str | None = None  #: The job system's own id, in place of a number.


def read_report(activity: Activity) -> ReportEvent:
    """
    Return what *activity*, an event named in `EVENT_KINDS`, reports.

    Its value is the job number, as an integer or a string of digits, or an object with ``jobId`` or
    ``externalId`` and the properties of `ReportContent`, or such an object as JSON text.
    """
    kind, value = EVENT_KINDS[activity.name], activity.value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(orjson.JSONDecodeError):
            value = orjson.loads(value)
    if not isinstance(value, dict):
        return ReportEvent(kind, parse_job_id(value))
    said: dict[str, Any] = dict(value)
    given, external_id = said.pop("jobId", None), said.pop("externalId", None)
    names_its_own = given is None and isinstance(external_id, str) and external_id != ""
    content, left_out = read_content(said)
    return ReportEvent(
        kind,
        parse_job_id(given),
        content.as_json(),
        left_out,
        content.deadlines,
        external_id if names_its_own else None,
    )
