"""All answers of the bot. Pure functions from values to Markdown; they escape text from outside."""

from collections.abc import Sequence
from datetime import datetime

from bot.replies.markdown import escape, paragraphs, quote
from bot.replies.notice_texts import details, message_text, starting_text
from bot.replies.quantities import counted
from jobs.job import Job, JobId, JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.lane import LaneKey
from jobs.listing import JobPage, Section
from jobs.reports import load_content
from text import NAME_LENGTH, cut_short, one_line

HELP = paragraphs(
    "Type `run` to start a job, or `run` and what it is about.",
    "Type `show` to see the job log, `show running` to see what runs, and `show` with a job number to see"
    " one job.",
    "Type `done` and a job number to complete a job.",
)
EMPTY_LOG = "The job log is empty."
NOTHING_RUNS = "No job is running."
NO_MORE_JOBS = "There are no older jobs. Type `show` to see the newest."
NUMBER_NEEDED = 'Enter the job ID number after "done".'
DONE_IS_OFF = "Here jobs are completed by the job system alone."
APOLOGY = "Sorry, it looks like something went wrong."

_ENDED = {
    JobStatus.SUCCEEDED: "Completed",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Cancelled",
}

#: How a job stands, in the job log.
_STATE = {
    JobStatus.QUEUED: "waiting",
    JobStatus.RUNNING: "running",
    JobStatus.SUCCEEDED: "complete",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}

#: Maximum number of names in one welcome message.
_NAMES = 20

#: Characters of a title and of a name in the job log: longer ones would make its lines wrap.
_TITLE_IN_LIST, _NAME_IN_LIST = 40, 20


def welcome(names: Sequence[str | None]) -> str:
    """Welcome new members by name, as far as the channel sent names; at most `_NAMES` of them."""
    known = [name for name in names if name]
    called = [quote(one_line(name, NAME_LENGTH)) for name in known[:_NAMES]]
    others = len(known) - len(called)
    if others > 0:
        called.append(counted(others, "other"))
    greeting = f"Welcome, {', '.join(called)}!" if called else "Welcome!"
    return paragraphs(f"{greeting} I run jobs for you, and tell you here when they are complete.", HELP)


def starting(job: Job) -> str:
    """Answer `run`."""
    return starting_text(job.id, job.title)


def completing(job: Job, here: LaneKey) -> str:
    """Answer `done` in the conversation *here* when it completed the job."""
    return f"Completing {_named(job, here)}."


def not_yours(job: Job, here: LaneKey) -> str:
    """Answer `done` for a job of somebody else, where that is not allowed."""
    return (
        f"{_named(job, here, first='Job')} can be completed only by who started it, or in the conversation"
        " that started it."
    )


def already_complete(job: Job, here: LaneKey) -> str:
    """Answer `done` for a job that had ended before."""
    return f"{_named(job, here, first='Job')} is already complete."


def _named(job: Job, here: LaneKey, *, first: str = "job") -> str:
    return f"{first} {job.id} ({_title(job, here)})" if job.title else f"{first} {job.id}"


def unknown_job(job_id: JobId) -> str:
    """Answer a command whose number belongs to no job."""
    return f"The log does not contain a job {job_id}."


def job_log(page: JobPage, here: LaneKey | None = None) -> str:
    """Answer `show` in the conversation *here*; titles of others get no links."""
    if not page.jobs:
        nothing = NOTHING_RUNS if page.start.section is Section.RUNNING else EMPTY_LOG
        return NO_MORE_JOBS if page.total else nothing
    ours = [job for job in page.jobs if job.lane == here]
    others = [job for job in page.jobs if job.lane != here]
    if not ours or not others or page.start.section not in (Section.HERE, Section.OTHERS):
        return paragraphs(_list_of(page.jobs, here), _footer(page))
    return paragraphs(
        "**In this conversation**",
        _list_of(ours, here),
        "**In other conversations**",
        _list_of(others, here),
        _footer(page),
    )


def _list_of(jobs: Sequence[Job], here: LaneKey | None) -> str:
    """
    Return a line for each of *jobs*.

    Not a table: in a narrow pane clients break its cells, and with them the numbers.
    """
    return "\n".join(_line(job, here) for job in jobs)


def _line(job: Job, here: LaneKey | None) -> str:
    title = job.title or ""
    # An address that is cut leads nowhere, so it must not become a link.
    shown = _title(job, here) if len(title) <= _TITLE_IN_LIST else quote(cut_short(title, _TITLE_IN_LIST))
    who = f", {quote(cut_short(job.requested_by, _NAME_IN_LIST))}" if job.requested_by else ""
    when = f"{(job.finished_at or job.created_at):%d %b %H:%M}"
    return f"- {job.id}{f': {shown}' if title else ''} ({_STATE[job.status]}{who}, {when})"


def job_report(report: JobReport, here: LaneKey | None = None) -> str:
    """Answer `show` with a number in the conversation *here*; another conversation's title gets no links."""
    job = report.job
    by = f" by {quote(job.requested_by)}" if job.requested_by else ""
    facts = [f"Job {job.id}: {_title(job, here)}" if job.title else f"Job {job.id}"]
    facts.append(f"Started {_moment(job.created_at)}{by}.")
    if job.finished_at is None:
        facts.append(_progress(job))
    else:
        facts.append(f"{_ENDED[job.status]} {_moment(job.finished_at)}.")
        facts += details(load_content(job.report))
    if report.notice is not None:
        facts.append(_notice_state(report.notice))
    return paragraphs(*facts)


def _progress(job: Job) -> str:
    content = load_content(job.report)
    said = [f"{content.progress:.0%}"] if content.progress is not None else []
    said += [message_text(content.message)] if content.message else []
    if job.status is JobStatus.QUEUED:
        return "It is waiting to be run."
    return f"It is running: {', '.join(said)}" if said else "It is running."


def _title(job: Job, here: LaneKey | None) -> str:
    """Return the title in Markdown, or an empty text."""
    return (escape if job.lane == here else quote)(job.title or "")


def _footer(page: JobPage) -> str:
    running = page.start.section is Section.RUNNING
    count = f"{'More than ' if page.beyond_total else ''}{counted(page.total, 'job')}"
    said = f"{count} {'running' if running else 'in the log'}. Times are UTC."
    return f"{said} Type `show more` to see older ones." if page.has_more else said


def _notice_state(report: NoticeReport) -> str:
    """Describe a notice without `last_error`: that is for operators and may quote a remote service."""
    match report.status:
        case NoticeStatus.SENT:
            return "Its notice was sent."
        case NoticeStatus.PARKED:
            return "Its notice is kept until the conversation that asked is heard from again."
        case NoticeStatus.FAILED:
            return f"Its notice failed after {counted(report.attempts, 'attempt')}."
        case NoticeStatus.QUEUED if report.retry_at is not None and not report.attempts:
            return f"Its notice is held until {_moment(report.retry_at)}."
        case NoticeStatus.QUEUED if report.retry_at is not None:
            return f"Its notice waits until {_moment(report.retry_at)} to be tried again."
        case NoticeStatus.QUEUED:
            return "Its notice is queued."


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
