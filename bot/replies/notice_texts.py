"""The texts of notices. Pure functions from values to Markdown; they escape text from outside."""

import json
from collections.abc import Sequence

from bot.replies.markdown import code_block, escape, paragraphs
from bot.replies.words import Words, noted
from delivery.digest import Digest
from jobs.job import JobId, JobStatus
from jobs.notice import Notice, NoticeKind
from jobs.reports import ReportContent, load_content
from state.owed_replies import text_of_reply
from text import cut_short, one_line

#: Characters of a job system's message, alone and in a list, and of its log, and lines of that.
_MESSAGE, _MESSAGE_IN_LIST, _LOG, _LOG_LINES = 1_000, 100, 1_500, 20

#: How a job ended: without a title, and with one.
_ENDED = {
    JobStatus.SUCCEEDED: (noted("Job {job} is complete."), noted("Job {job} is complete: {title}")),
    JobStatus.FAILED: (noted("Job {job} failed."), noted("Job {job} failed: {title}")),
    JobStatus.CANCELLED: (noted("Job {job} was cancelled."), noted("Job {job} was cancelled: {title}")),
}
#: The status that each notice of an end tells.
_STATUS_TOLD = {
    NoticeKind.SUCCEEDED: JobStatus.SUCCEEDED,
    NoticeKind.FAILED: JobStatus.FAILED,
    NoticeKind.CANCELLED: JobStatus.CANCELLED,
}
#: Of a deadline that has passed, with the time that there was.
_OVERDUE = {
    NoticeKind.NOT_BEGUN: (
        noted("Job {job} has not begun within {time}."),
        noted("Job {job} has not begun within {time}: {title}"),
    ),
    NoticeKind.NOT_HEARD_OF: (
        noted("Nothing was heard of job {job} for {time}."),
        noted("Nothing was heard of job {job} for {time}: {title}"),
    ),
    NoticeKind.NOT_ENDED: (
        noted("Job {job} has not ended within {time}."),
        noted("Job {job} has not ended within {time}: {title}"),
    ),
}
#: What stands in a message about several notices: failures first.
_FIRST = (NoticeKind.REPLY, NoticeKind.STARTED, NoticeKind.FAILED, NoticeKind.WATCHED_FAILURE)


def notices(words: Words, digest: Digest) -> str:
    """Tell a conversation what became of its jobs. The job numbers make a repeat recognisable."""
    if len(digest.notices) == 1:
        said = _one_notice(words, digest.notices[0])
    else:
        by_kind: dict[NoticeKind, list[Notice]] = {}
        for owed in sorted(digest.notices, key=_place):
            by_kind.setdefault(owed.kind, []).append(owed)
        said = [_several_notices(words, kind, owed) for kind, owed in by_kind.items()]
    if digest.waited:
        said.append(words.say("This waited while I could not reach you."))
    return paragraphs(*said)


def _place(owed: Notice) -> int:
    return _FIRST.index(owed.kind) if owed.kind in _FIRST else len(_FIRST)


def _one_notice(words: Words, owed: Notice) -> list[str]:
    if owed.kind.has_its_text:
        return [text_of_reply(owed.body)]
    if owed.kind is NoticeKind.STARTED:
        return [starting_text(words, owed.job_id, owed.title)]
    title = escape(owed.title) if owed.title else ""
    if owed.kind in _OVERDUE:
        time = words.duration(json.loads(owed.body or "{}").get("within", 0))
        said = words.say(_OVERDUE[owed.kind][bool(title)], job=owed.job_id, title=title, time=time)
        return [said, words.say("You will be told when it ends.")]
    said = ended_text(words, _STATUS_TOLD[owed.kind], owed.job_id, title)
    return [said, *details(words, load_content(owed.body)), *_lateness(words, owed)]


def ended_text(words: Words, status: JobStatus, job_id: JobId, title: str) -> str:
    """Say how a job ended; *title* is in Markdown, and may be empty."""
    return words.say(_ENDED[status][bool(title)], job=job_id, title=title)


def _lateness(words: Words, owed: Notice) -> list[str]:
    late = (owed.created_at - owed.finish_by).total_seconds() if owed.finish_by else 0
    return [words.say("{time} late.", time=words.duration(late))] if late >= 1 else []


def details(words: Words, content: ReportContent) -> list[str]:
    """Return what a job system reported, in paragraphs. It speaks to the conversation that asked."""
    took = words.duration(content.duration_seconds)
    facts = [words.say("It took {time}.", time=took)] if took else []
    if content.exit_code is not None:
        facts.append(words.say("Exit code {code}.", code=content.exit_code))
    said = [message_text(content.message)] if content.message else []
    said += [" ".join(facts)] if facts else []
    said += [escape(str(content.link))] if content.link else []
    return [*said, code_block(content.log_tail, lines=_LOG_LINES, length=_LOG)] if content.log_tail else said


def _several_notices(words: Words, kind: NoticeKind, owed: Sequence[Notice]) -> str:
    if len(owed) == 1 or kind not in (*_STATUS_TOLD, NoticeKind.STARTED):
        return paragraphs(*(text for each in owed for text in _one_notice(words, each)))
    heading = _heading(words, kind, len(owed))
    return paragraphs(heading, "\n".join(_notice_line(words, each) for each in owed))


def _heading(words: Words, kind: NoticeKind, count: int) -> str:
    match kind:
        case NoticeKind.STARTED:
            return words.count("{count} job was started:", "{count} jobs were started:", count)
        case NoticeKind.FAILED:
            return words.count("{count} job failed:", "{count} jobs failed:", count)
        case NoticeKind.CANCELLED:
            return words.count("{count} job was cancelled:", "{count} jobs were cancelled:", count)
    return words.count("{count} job is complete:", "{count} jobs are complete:", count)


def _notice_line(words: Words, owed: Notice) -> str:
    """Return a line of a digest. A message may come twice, and the whole number shows that it is the same."""
    content = load_content(owed.body)
    title = escape(owed.title) if owed.title else ""
    took = words.duration(content.duration_seconds)
    named = words.say("{title} in {time}", title=title, time=took) if title and took else title or took
    said = [named, message_text(content.message, _MESSAGE_IN_LIST) if content.message else ""]
    return f"- {': '.join([str(owed.job_id), *filter(None, said)])}"


def starting_text(words: Words, job_id: JobId, title: str | None) -> str:
    """Say that a job was started; the answer to `run`, whenever it is told."""
    if not title:
        return words.say("We're starting job {job} for you. We'll notify you when it's complete.", job=job_id)
    return words.say(
        "We're starting job {job}: {title}. We'll notify you when it's complete.",
        job=job_id,
        title=escape(title),
    )


def message_text(message: str, length: int = _MESSAGE) -> str:
    """Return a job system's *message* in one line of at most *length* characters."""
    return escape(cut_short(one_line(message, _MESSAGE), length))
