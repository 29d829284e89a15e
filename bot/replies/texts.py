"""Everything the bot says. Pure: values in, Markdown out; text from outside is escaped here."""

from collections.abc import Sequence
from datetime import datetime

from bot.replies.markdown import escape, paragraphs, table
from delivery.digest import Digest
from jobs.job import Job, JobId, JobPage, JobReport, NoticeReport, NoticeStatus
from jobs.lane import conversation_of
from jobs.notice import Notice
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

#: Members who are welcomed by name in one message.
_NAMES = 20

#: Characters of a conversation id in the table; a whole one makes it wrap.
_CONVERSATION_LENGTH = 8


def welcome(names: Sequence[str | None]) -> str:
    """Welcome new members, by name as far as the channel told us and as far as names fit."""
    known = [name for name in names if name]
    called = [escape(one_line(name, NAME_LENGTH)) for name in known[:_NAMES]]
    others = len(known) - len(called)
    if others > 0:
        called.append(_count(others, "other"))
    greeting = f"Welcome, {', '.join(called)}!" if called else "Welcome!"
    return paragraphs(f"{greeting} I run jobs for you, and tell you here when they are complete.", HELP)


def starting(job: Job) -> str:
    """Answer `run`."""
    return f"We're starting job {job.id} for you. We'll notify you when it's complete."


def completing(job_id: JobId) -> str:
    """Answer `done` for a job that it completed."""
    return f"Completing job {job_id}."


def not_yours(job_id: JobId) -> str:
    """Answer `done` for a job of another conversation, where that is not allowed."""
    return f"Job {job_id} can be completed only in the conversation that started it."


def already_complete(job_id: JobId) -> str:
    """Answer `done` for a job that had been completed before."""
    return f"Job {job_id} is already complete."


def unknown_job(job_id: JobId) -> str:
    """Answer a number that no job has."""
    return f"The log does not contain a job {job_id}."


def notices(digest: Digest[Notice]) -> str:
    """Tell a conversation that its jobs are complete. The numbers make a repeat recognisable."""
    first, count = digest.notices[0], len(digest.notices)
    if count == 1:
        said = [f"Job {first.job_id} is complete.", *([escape(first.title)] if first.title else [])]
    else:
        jobs = (
            f"{owed.job_id} ({escape(owed.title)})" if owed.title else str(owed.job_id)
            for owed in digest.notices
        )
        said = [f"{count} jobs are complete: {', '.join(jobs)}."]
    if digest.waited:
        said.append("This waited while I could not reach you.")
    return paragraphs(*said)


def job_log(page: JobPage) -> str:
    """Answer `show` and `show more`."""
    if not page.jobs:
        return NO_MORE_JOBS if page.total else EMPTY_LOG
    listing = table(["Job number", "Title", "Conversation", "Completed"], [_row(job) for job in page.jobs])
    return paragraphs(listing, _footer(page))


def job_report(report: JobReport) -> str:
    """Answer `show` with a number."""
    job = report.job
    by = f" by {escape(job.requested_by)}" if job.requested_by else ""
    facts = [f"Job {job.id}" if job.title is None else f"Job {job.id}: {escape(job.title)}"]
    facts.append(f"Started {_moment(job.created_at)}{by}.")
    if job.completed_at is None:
        facts.append("It is running.")
    else:
        facts.append(f"Completed {_moment(job.completed_at)}.")
    if report.notice is not None:
        facts.append(_notice_state(report.notice))
    return paragraphs(*facts)


def _row(job: Job) -> list[str]:
    conversation = conversation_of(job.lane).partition("|")[0][:_CONVERSATION_LENGTH]
    return [
        str(job.id),
        escape(job.title) if job.title else "",
        escape(conversation),
        "no" if job.completed_at is None else "yes",
    ]


def _footer(page: JobPage) -> str:
    count = f"{_count(page.total, 'job')} in the log."
    return f"{count} Type `show more` to see older ones." if page.has_more else count


def _notice_state(report: NoticeReport) -> str:
    reason = f": {escape(report.last_error)}" if report.last_error else ""
    match report.status:
        case NoticeStatus.SENT:
            return "Its notice was sent."
        case NoticeStatus.PARKED:
            return f"Its notice is kept until the conversation that asked is heard from again{reason}"
        case NoticeStatus.FAILED:
            return f"Its notice failed after {_count(report.attempts, 'attempt')}{reason}"
        case NoticeStatus.QUEUED if report.retry_at is not None:
            return f"Its notice waits until {_moment(report.retry_at)} to be tried again{reason}"
        case NoticeStatus.QUEUED:
            return "Its notice is queued."


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
