"""The event activity with which a job system says that a job is complete."""

from botbuilder.schema import Activity

from jobs.job import JobId, parse_job_id

#: Both spellings stand in the original documents.
EVENT_NAMES = frozenset({"jobComplete", "jobCompleted"})


def read_completed_job(activity: Activity) -> JobId | None:
    """
    Return the job that *activity*, an event named in `EVENT_NAMES`, completes, or None if it names none.

    Its value is the number, as an integer or a string of digits, or an object with ``jobId``.
    """
    value = activity.value
    return parse_job_id(value.get("jobId") if isinstance(value, dict) else value)
