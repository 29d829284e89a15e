"""The event activity with which a job system reports that a job is complete."""

from contextlib import suppress

import orjson
from botbuilder.schema import Activity

from jobs.job import JobId, parse_job_id

#: The original documents use both spellings.
EVENT_NAMES = frozenset({"jobComplete", "jobCompleted"})


def read_completed_job(activity: Activity) -> JobId | None:
    """
    Return the id of the job that *activity*, an event named in `EVENT_NAMES`, completes; None without a valid
    id.

    The event's value is the job number, as an integer or a string of digits, or an object with ``jobId``, or
    such an object as JSON text.
    """
    value = activity.value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(orjson.JSONDecodeError):
            value = orjson.loads(value)
    return parse_job_id(value.get("jobId") if isinstance(value, dict) else value)
