"""The texts about watching jobs, and what watchers are told. Titles are of other conversations."""

from collections.abc import Mapping, Sequence

from bot.replies.markdown import paragraphs, quote
from bot.replies.notice_texts import ended_text, message_text
from bot.replies.words import Words
from jobs.job import Job, JobId
from jobs.reports import load_content
from jobs.watching import Watch


def ended(words: Words, watch: Watch, job: Job) -> str:
    """Tell a watcher that a job has ended; the title only if it may be known there."""
    known = watch.knows_the_title(job)
    title = quote(job.title) if job.title and known else ""
    said = [ended_text(words, job.status, job.id, title)]
    content = load_content(job.report)
    if content.message and known:
        said.append(message_text(content.message))
    why = (
        words.say("You watch it.")
        if watch.job_id
        else words.say("You watch “{pattern}”.", pattern=quote(watch.target))
    )
    return paragraphs(*said, why)


def watching_job(words: Words, job: Job) -> str:
    """Answer `watch` with a job."""
    if job.title:
        return words.say(
            "I will tell you here when job {job} ends: {title}", job=job.id, title=quote(job.title)
        )
    return words.say("I will tell you here when job {job} ends.", job=job.id)


def watching_pattern(words: Words, pattern: str) -> str:
    """Answer `watch` with a pattern."""
    return words.say("I will tell you here when a job called “{pattern}” ends.", pattern=quote(pattern))


def told_anyway(words: Words, job: Job) -> str:
    """Answer `watch` with a job of the same conversation."""
    return words.say("Job {job} was started here, so you will be told here when it ends.", job=job.id)


def too_many(words: Words, most: int) -> str:
    """Answer `watch` where there is no room."""
    return words.say("You watch {most} things already. Type `watching` to see them.", most=words.number(most))


def watching(words: Words, watches: Sequence[Watch], jobs: Mapping[JobId, Job]) -> str:
    """Answer `watching`; *jobs* are those of the watches, as far as they may be seen."""
    if not watches:
        return words.say("You watch nothing. Type `watch` and a job number, or a pattern such as `nightly*`.")
    heading = words.count("You watch {count} thing:", "You watch {count} things:", len(watches))
    lines = "\n".join(f"- {_line(each, jobs)}" for each in watches)
    return paragraphs(heading, lines, words.say("Type `unwatch` and one of them to stop that."))


def _line(watch: Watch, jobs: Mapping[JobId, Job]) -> str:
    if watch.job_id is None:
        return f"“{quote(watch.target)}”"
    job = jobs.get(watch.job_id)
    return f"{watch.job_id}: {quote(job.title)}" if job is not None and job.title else str(watch.job_id)


def what_to_unwatch(words: Words) -> str:
    """Answer `unwatch` alone."""
    return words.say("Type `unwatch` and what to watch no longer, or `unwatch all`.")


def forgotten(words: Words, count: int) -> str:
    """Answer `unwatch`."""
    if not count:
        return words.say("You did not watch that. Type `watching` to see what you watch.")
    return words.count("You watch {count} thing less.", "You watch {count} things less.", count)
