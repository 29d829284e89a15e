"""The texts of notices. Pure functions from values to Markdown; they escape text from outside."""

import json
from collections.abc import Sequence

from bot.replies.markdown import code_block, escape, paragraphs
from bot.replies.quantities import counted, duration
from delivery.digest import Digest
from jobs.job import JobId
from jobs.notice import Notice, NoticeKind
from jobs.reports import ReportContent, load_content
from state.owed_replies import text_of_reply
from text import cut_short, one_line

#: Characters of a job system's message, alone and in a list, and of its log, and lines of that.
_MESSAGE, _MESSAGE_IN_LIST, _LOG, _LOG_LINES = 1_000, 100, 1_500, 20

_WATCHED_ON = "You will be told when it ends."

_ONE = {
    NoticeKind.SUCCEEDED: "Job {} is complete",
    NoticeKind.FAILED: "Job {} failed",
    NoticeKind.CANCELLED: "Job {} was cancelled",
}
#: Of a deadline that has passed, with the time that there was.
_OVERDUE = {
    NoticeKind.NOT_BEGUN: "Job {} has not begun within {}",
    NoticeKind.NOT_HEARD_OF: "Nothing was heard of job {} for {}",
    NoticeKind.NOT_ENDED: "Job {} has not ended within {}",
}
#: The verb phrase for several jobs, in a message about more than one notice.
_SEVERAL = {
    NoticeKind.STARTED: "were started",
    NoticeKind.SUCCEEDED: "are complete",
    NoticeKind.FAILED: "failed",
    NoticeKind.CANCELLED: "were cancelled",
}


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
    if owed.kind is NoticeKind.REPLY:
        return [text_of_reply(owed.body)]
    if owed.kind is NoticeKind.STARTED:
        return [starting_text(owed.job_id, owed.title)]
    title = f": {escape(owed.title)}" if owed.title else "."
    if owed.kind in _OVERDUE:
        within = duration(json.loads(owed.body or "{}").get("within", 0))
        return [f"{_OVERDUE[owed.kind].format(owed.job_id, within)}{title}", _WATCHED_ON]
    said = [f"{_ONE[owed.kind].format(owed.job_id)}{title}", *details(load_content(owed.body))]
    return [*said, *_lateness(owed)]


def _lateness(owed: Notice) -> list[str]:
    late = (owed.created_at - owed.finish_by).total_seconds() if owed.finish_by else 0
    return [f"{duration(late)} late."] if late >= 1 else []


def details(content: ReportContent) -> list[str]:
    """Return what a job system reported, in paragraphs. It speaks to the conversation that asked."""
    took = duration(content.duration_seconds)
    facts = [f"It took {took}."] if took else []
    if content.exit_code is not None:
        facts.append(f"Exit code {content.exit_code}.")
    said = [message_text(content.message)] if content.message else []
    said += [" ".join(facts)] if facts else []
    said += [escape(str(content.link))] if content.link else []
    return [*said, code_block(content.log_tail, lines=_LOG_LINES, length=_LOG)] if content.log_tail else said


def _several_notices(kind: NoticeKind, owed: Sequence[Notice]) -> str:
    if kind not in _SEVERAL or len(owed) == 1:
        return paragraphs(*(text for each in owed for text in _one_notice(each)))
    return paragraphs(f"{counted(len(owed), 'job')} {_SEVERAL[kind]}:", "\n".join(map(_notice_line, owed)))


def _notice_line(owed: Notice) -> str:
    message = load_content(owed.body).message
    said = [
        escape(owed.title) if owed.title else "",
        message_text(message, _MESSAGE_IN_LIST) if message else "",
    ]
    return f"- {': '.join([str(owed.job_id), *filter(None, said)])}"


def starting_text(job_id: JobId, title: str | None) -> str:
    """Say that a job was started; the answer to `run`, whenever it is told."""
    what = f": {escape(title)}. We'll" if title else " for you. We'll"
    return f"We're starting job {job_id}{what} notify you when it's complete."


def message_text(message: str, length: int = _MESSAGE) -> str:
    """Return a job system's *message* in one line of at most *length* characters."""
    return escape(cut_short(one_line(message, _MESSAGE), length))
