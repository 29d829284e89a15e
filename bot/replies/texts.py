"""All answers of the bot. Pure functions from values to Markdown; they escape text from outside."""

from collections.abc import Mapping, Sequence

from bot.replies.help_texts import help_text
from bot.replies.markdown import escape, paragraphs, quote
from bot.replies.notice_texts import details, message_text, starting_text
from bot.replies.words import Words, noted
from jobs.job import Job, JobId, JobReport, JobStatus, NoticeReport, NoticeStatus
from jobs.lane import LaneKey
from jobs.listing import JobPage, Section
from jobs.reports import load_content
from text import NAME_LENGTH, cut_short, one_line

_ENDED = {
    JobStatus.SUCCEEDED: noted("Completed {moment}."),
    JobStatus.FAILED: noted("Failed {moment}."),
    JobStatus.CANCELLED: noted("Cancelled {moment}."),
}

#: How a job stands, in the job log.
STATES = {
    JobStatus.QUEUED: noted("waiting"),
    JobStatus.RUNNING: noted("running"),
    JobStatus.SUCCEEDED: noted("complete"),
    JobStatus.FAILED: noted("failed"),
    JobStatus.CANCELLED: noted("cancelled"),
}

#: Maximum number of names in one welcome message.
_NAMES = 20

#: Characters of a title and of a name in the job log: longer ones would make its lines wrap.
_TITLE_IN_LIST, _NAME_IN_LIST = 40, 20


def empty_log(words: Words) -> str:
    """Answer `show` where there is no job."""
    return words.say("The job log is empty.")


def apology(words: Words) -> str:
    """Answer a turn that failed."""
    return words.say("Sorry, it looks like something went wrong.")


def number_needed(words: Words, command: str) -> str:
    """Answer *command* without a job's name."""
    return words.say('Enter the job ID number after "{command}".', command=command)


def done_is_off(words: Words) -> str:
    """Answer `done` where it is switched off."""
    return words.say("Here jobs are completed by the job system alone.")


def welcome(words: Words, names: Sequence[str | None]) -> str:
    """Welcome new members by name, as far as the channel sent names; at most `_NAMES` of them."""
    known = [name for name in names if name]
    called = [quote(one_line(name, NAME_LENGTH)) for name in known[:_NAMES]]
    others = len(known) - len(called)
    if others > 0:
        called.append(words.count("{count} other", "{count} others", others))
    greeting = words.say("Welcome, {names}!", names=", ".join(called)) if called else words.say("Welcome!")
    purpose = words.say("I run jobs for you, and tell you here when they are complete.")
    return paragraphs(f"{greeting} {purpose}", help_text(words))


def starting(words: Words, job: Job) -> str:
    """Answer `run`."""
    return starting_text(words, job.id, job.title)


def completing(words: Words, job: Job, here: LaneKey) -> str:
    """Answer `done` in the conversation *here* when it completed the job."""
    return words.say("Completing job {job}.", job=_named(job, here))


def not_yours(words: Words, job: Job, here: LaneKey) -> str:
    """Answer `done` and `cancel` for a job of somebody else, where that is not allowed."""
    return words.say(
        "Job {job} can be completed or cancelled only by who started it, or in the conversation that"
        " started it.",
        job=_named(job, here),
    )


def already_complete(words: Words, job: Job, here: LaneKey) -> str:
    """Answer `done` and `cancel` for a job that had ended before."""
    match job.status:
        case JobStatus.FAILED:
            return words.say("Job {job} had failed before.", job=_named(job, here))
        case JobStatus.CANCELLED:
            return words.say("Job {job} was cancelled before.", job=_named(job, here))
    return words.say("Job {job} is already complete.", job=_named(job, here))


def cancelling(words: Words, job: Job, here: LaneKey) -> str:
    """Answer `cancel`: what is certain is that it was asked."""
    named = _named(job, here)
    return words.say(
        "I have asked for job {job} to be cancelled. You will be told what comes of it.", job=named
    )


def already_cancelling(words: Words, job: Job, here: LaneKey) -> str:
    """Answer `cancel` for a job of which that was asked before."""
    who = quote(job.cancel_asked_by or "?")
    return words.say("{who} has asked for job {job} to be cancelled already.", who=who, job=_named(job, here))


def _named(job: Job, here: LaneKey) -> str:
    return f"{job.id} ({_title(job, here)})" if job.title else str(job.id)


def unknown_job(words: Words, name: str, number: JobId | None) -> str:
    """Answer a command whose name belongs to no job."""
    if number is not None:
        return words.say("The log does not contain a job {job}.", job=number)
    return words.say("I know no job called “{title}”. Type `show` to see the jobs.", title=escape(name))


def which_job(
    words: Words, command: str, jobs: Sequence[Job], names: Mapping[JobId, str], here: LaneKey
) -> str:
    """Ask which of several *jobs* was meant in *command*."""
    first = names[jobs[-1].id]
    question = words.say("Which job? Type `{command} {job}`, for example:", command=command, job=first)
    return paragraphs(question, _list_of(words, jobs, names, here))


def job_log(words: Words, page: JobPage, names: Mapping[JobId, str], here: LaneKey | None = None) -> str:
    """Answer `show` in the conversation *here*; titles of others get no links."""
    if not page.jobs:
        if page.total:
            return words.say("There are no older jobs. Type `show` to see the newest.")
        nothing_runs = page.start.section is Section.RUNNING
        return words.say("No job is running.") if nothing_runs else empty_log(words)
    ours = [job for job in page.jobs if job.lane == here]
    others = [job for job in page.jobs if job.lane != here]
    if not ours or not others or page.start.section not in (Section.HERE, Section.OTHERS):
        return paragraphs(_list_of(words, page.jobs, names, here), footer(words, page))
    return paragraphs(
        _bold(words.say("In this conversation")),
        _list_of(words, ours, names, here),
        _bold(words.say("In other conversations")),
        _list_of(words, others, names, here),
        footer(words, page),
    )


def _bold(text: str) -> str:
    return f"**{text}**"


def _list_of(words: Words, jobs: Sequence[Job], names: Mapping[JobId, str], here: LaneKey | None) -> str:
    """
    Return a line for each of *jobs*.

    Not a table: in a narrow pane clients break its cells, and with them the numbers.
    """
    return "\n".join(_line(words, job, names, here) for job in jobs)


def _line(words: Words, job: Job, names: Mapping[JobId, str], here: LaneKey | None) -> str:
    title = job.title or ""
    # An address that is cut leads nowhere, so it must not become a link.
    shown = _title(job, here) if len(title) <= _TITLE_IN_LIST else quote(cut_short(title, _TITLE_IN_LIST))
    facts = [words.say(STATES[job.status])]
    facts += [quote(cut_short(job.requested_by, _NAME_IN_LIST))] if job.requested_by else []
    facts.append(words.day_and_time(job.finished_at or job.created_at))
    return f"- {names[job.id]}{f': {shown}' if title else ''} ({', '.join(facts)})"


def job_report(words: Words, report: JobReport, here: LaneKey | None = None) -> str:
    """Answer `show` with a job in the conversation *here*; another conversation's title gets no links."""
    job, moment = report.job, words.moment(report.job.created_at)
    facts = [words.say("Job {job}: {title}", job=job.id, title=_title(job, here))] if job.title else []
    facts = facts or [words.say("Job {job}", job=job.id)]
    if job.requested_by:
        facts.append(words.say("Started {moment} by {who}.", moment=moment, who=quote(job.requested_by)))
    else:
        facts.append(words.say("Started {moment}.", moment=moment))
    if job.finished_at is None:
        facts.append(progress_text(words, job))
        if job.cancel_asked_by:
            facts.append(words.say("{who} has asked to cancel it.", who=quote(job.cancel_asked_by)))
    else:
        facts.append(words.say(_ENDED[job.status], moment=words.moment(job.finished_at)))
        facts += details(words, load_content(job.report))
    if report.notice is not None:
        facts.append(_notice_state(words, report.notice))
    return paragraphs(*facts)


def progress_text(words: Words, job: Job) -> str:
    """Say how far a job is that has not ended."""
    if job.status is JobStatus.QUEUED:
        return words.say("It is waiting to be run.")
    content = load_content(job.report)
    said = [words.percent(content.progress)] if content.progress is not None else []
    said += [message_text(content.message)] if content.message else []
    return words.say("It is running: {how}", how=", ".join(said)) if said else words.say("It is running.")


def _title(job: Job, here: LaneKey | None) -> str:
    """Return the title in Markdown, or an empty text."""
    return (escape if job.lane == here else quote)(job.title or "")


def footer(words: Words, page: JobPage) -> str:
    """Say how many jobs there are, in which zone the times are, and how to read on."""
    if page.start.section is Section.RUNNING:
        count = words.count("{count} job running.", "{count} jobs running.", page.total)
    elif page.beyond_total:
        count = words.count(
            "More than {count} job in the log.", "More than {count} jobs in the log.", page.total
        )
    else:
        count = words.count("{count} job in the log.", "{count} jobs in the log.", page.total)
    said = [count, words.say("Times are {zone}.", zone=words.zone_name)]
    if page.has_more:
        said.append(words.say("Type `show more` to see older ones."))
    return " ".join(said)


def _notice_state(words: Words, report: NoticeReport) -> str:
    """Describe a notice without `last_error`: that is for operators and may quote a remote service."""
    match report.status:
        case NoticeStatus.SENT:
            return words.say("Its notice was sent.")
        case NoticeStatus.UNWANTED:
            return words.say("This conversation does not want to be told of it: `settings`.")
        case NoticeStatus.PARKED:
            return words.say("Its notice is kept until the conversation that asked is heard from again.")
        case NoticeStatus.FAILED:
            return words.count(
                "Its notice failed after {count} attempt.",
                "Its notice failed after {count} attempts.",
                report.attempts,
            )
        case NoticeStatus.QUEUED if report.retry_at is not None:
            moment = words.moment(report.retry_at)
            if not report.attempts:
                return words.say("Its notice is held until {moment}.", moment=moment)
            return words.say("Its notice waits until {moment} to be tried again.", moment=moment)
        case NoticeStatus.QUEUED:
            return words.say("Its notice is queued.")
