"""All texts that the bot sends. Pure functions from values to Markdown; they escape text from outside."""

from collections.abc import Sequence
from datetime import datetime

from bot.replies.markdown import escape, paragraphs, quote, table
from delivery.digest import Digest
from jobs.job import Job, JobId, JobPage, JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.lane import LaneKey, conversation_of
from jobs.notice import Notice, NoticeKind
from text import NAME_LENGTH, one_line

HELP = paragraphs(
    "Type `run` to start a job, or `run` and what it is about.",
    "Type `show` to see the job log, `show` and a job number to see one job.",
    "Type `done` and a job number to complete a job.",
)
EMPTY_LOG = "The job log is empty."
NO_MORE_JOBS = "There are no older jobs. Type `show` to see the newest."
NUMBER_NEEDED = 'Enter the job ID number after "done".'
DONE_IS_OFF = "Here jobs are completed by the job system alone."
APOLOGY = "Sorry, it looks like something went wrong."

_ENDED = {
    JobStatus.SUCCEEDED: "Completed",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Cancelled",
}

#: The column "Completed" of the job log.
_COMPLETED = {
    JobStatus.QUEUED: "no",
    JobStatus.RUNNING: "no",
    JobStatus.SUCCEEDED: "yes",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}

_ONE = {
    NoticeKind.SUCCEEDED: "Job {} is complete.",
    NoticeKind.FAILED: "Job {} failed.",
    NoticeKind.CANCELLED: "Job {} was cancelled.",
}
#: The verb phrase for one job and for several jobs, in a message about more than one notice.
_SEVERAL = {
    NoticeKind.STARTED: ("was started", "were started"),
    NoticeKind.SUCCEEDED: ("is complete", "are complete"),
    NoticeKind.FAILED: ("failed", "failed"),
    NoticeKind.CANCELLED: ("was cancelled", "were cancelled"),
}

#: Maximum number of names in one welcome message.
_NAMES = 20

#: Characters of a conversation id shown in the table; a full id would make the table wrap.
_CONVERSATION_LENGTH = 8


def welcome(names: Sequence[str | None]) -> str:
    """Welcome new members by name, as far as the channel sent names; at most `_NAMES` of them."""
    known = [name for name in names if name]
    called = [quote(one_line(name, NAME_LENGTH)) for name in known[:_NAMES]]
    others = len(known) - len(called)
    if others > 0:
        called.append(_count(others, "other"))
    greeting = f"Welcome, {', '.join(called)}!" if called else "Welcome!"
    return paragraphs(f"{greeting} I run jobs for you, and tell you here when they are complete.", HELP)


def starting(job: Job) -> str:
    """Answer `run`."""
    return _starting(job.id)


def _starting(job_id: JobId) -> str:
    return f"We're starting job {job_id} for you. We'll notify you when it's complete."


def completing(job_id: JobId) -> str:
    """Answer `done` when it completed the job."""
    return f"Completing job {job_id}."


def not_yours(job_id: JobId) -> str:
    """Answer `done` for a job of another conversation, where that is not allowed."""
    return f"Job {job_id} can be completed only in the conversation that started it."


def already_complete(job_id: JobId) -> str:
    """Answer `done` for a job that had been completed before."""
    return f"Job {job_id} is already complete."


def unknown_job(job_id: JobId) -> str:
    """Answer a command whose number belongs to no job."""
    return f"The log does not contain a job {job_id}."


def notices(digest: Digest) -> str:
    """Tell a conversation what became of its jobs. The job numbers make a repeat recognisable."""
    if len(digest.notices) == 1:
        said = _one_notice(digest.notices[0])
    else:
        by_kind: dict[NoticeKind, list[Notice]] = {}
        for owed in digest.notices:
            by_kind.setdefault(owed.kind, []).append(owed)
        said = [_several_notices(kind, owed) for kind, owed in by_kind.items()]
    if digest.waited:
        said.append("This waited while I could not reach you.")
    return paragraphs(*said)


def _one_notice(owed: Notice) -> list[str]:
    if owed.kind is NoticeKind.STARTED:
        return [_starting(owed.job_id)]
    return [_ONE[owed.kind].format(owed.job_id), *([escape(owed.title)] if owed.title else [])]


def _several_notices(kind: NoticeKind, owed: Sequence[Notice]) -> str:
    jobs = (f"{each.job_id} ({escape(each.title)})" if each.title else str(each.job_id) for each in owed)
    one, several = _SEVERAL[kind]
    return f"{_count(len(owed), 'job')} {one if len(owed) == 1 else several}: {', '.join(jobs)}."


def job_log(page: JobPage, here: LaneKey | None = None) -> str:
    """Answer `show` and `show more` in the conversation *here*; titles of others get no links."""
    if not page.jobs:
        return NO_MORE_JOBS if page.total else EMPTY_LOG
    listing = table(
        ["Job number", "Title", "Conversation", "Completed"], [_row(job, here) for job in page.jobs]
    )
    return paragraphs(listing, _footer(page))


def job_report(report: JobReport, here: LaneKey | None = None) -> str:
    """Answer `show` with a number in the conversation *here*; another conversation's title gets no links."""
    job = report.job
    by = f" by {quote(job.requested_by)}" if job.requested_by else ""
    facts = [f"Job {job.id}: {_title(job, here)}" if job.title else f"Job {job.id}"]
    facts.append(f"Started {_moment(job.created_at)}{by}.")
    if job.finished_at is None:
        facts.append("It is waiting to be run." if job.status is JobStatus.QUEUED else "It is running.")
    else:
        facts.append(f"{_ENDED[job.status]} {_moment(job.finished_at)}.")
    if report.notice is not None:
        facts.append(_notice_state(report.notice))
    return paragraphs(*facts)


def _title(job: Job, here: LaneKey | None) -> str:
    """Return the title in Markdown, or an empty text."""
    return (escape if job.lane == here else quote)(job.title or "")


def _row(job: Job, here: LaneKey | None) -> list[str]:
    conversation = conversation_of(job.lane).partition("|")[0][:_CONVERSATION_LENGTH]
    return [
        str(job.id),
        _title(job, here),
        quote(conversation),
        _COMPLETED[job.status],
    ]


def _footer(page: JobPage) -> str:
    count = f"{'More than ' if page.beyond_total else ''}{_count(page.total, 'job')} in the log."
    return f"{count} Type `show more` to see older ones." if page.has_more else count


def _notice_state(report: NoticeReport) -> str:
    """Describe a notice without `last_error`: that is for operators and may quote a remote service."""
    match report.status:
        case NoticeStatus.SENT:
            return "Its notice was sent."
        case NoticeStatus.PARKED:
            return "Its notice is kept until the conversation that asked is heard from again."
        case NoticeStatus.FAILED:
            return f"Its notice failed after {_count(report.attempts, 'attempt')}."
        case NoticeStatus.QUEUED if report.retry_at is not None and not report.attempts:
            return f"Its notice is held until {_moment(report.retry_at)}."
        case NoticeStatus.QUEUED if report.retry_at is not None:
            return f"Its notice waits until {_moment(report.retry_at)} to be tried again."
        case NoticeStatus.QUEUED:
            return "Its notice is queued."


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
