"""The card of one job: what it is, how it stands, and what can be done with it."""

from bot.channels import Channel
from bot.replies.cards.elements import Color, Element, button, card, facts, link, log, progress_bar, row, text
from bot.replies.markdown import escape, quote
from bot.replies.notice_texts import message_text
from bot.replies.texts import STATES
from bot.replies.words import Words
from jobs.job import Job, JobStatus
from jobs.lane import LaneKey
from jobs.reports import ReportContent, load_content
from text import plain

_COLORS: dict[JobStatus, Color] = {
    JobStatus.QUEUED: "Default",
    JobStatus.RUNNING: "Accent",
    JobStatus.SUCCEEDED: "Good",
    JobStatus.FAILED: "Attention",
    JobStatus.CANCELLED: "Warning",
}

_NO_SSML = str.maketrans("<>&", "   ")

_LOG, _LOG_LINES = 1_500, 12  # Characters and lines of a log.


def job_card(
    words: Words, channel: Channel, job: Job, here: LaneKey, *, fallback: str, may_complete: bool
) -> Element:
    """
    Return the card of *job* for a reader in the conversation *here*.

    *fallback* says the same as text; with *may_complete* there is a button for `done`.
    """
    content = load_content(job.report)
    title = _title(words, job, here)
    state = words.say(STATES[job.status])
    body = [
        text(title, weight="Bolder", size="Medium", heading=True),
        row(
            text(state, color=_COLORS[job.status], weight="Bolder"),
            text(_when(words, job, content), subtle=True),
            widths=("auto", "stretch"),
        ),
    ]
    if content.progress is not None and job.status is JobStatus.RUNNING:
        body.append(_progress(words, channel, content.progress))
    if content.message:
        body.append(text(message_text(content.message)))
    body.append(facts(_facts(words, job, content)))
    if content.log_tail and job.status is JobStatus.FAILED:
        body.append(log(_end_of(content.log_tail)))
    actions = _buttons(words, job, may_complete=may_complete)
    if content.link:
        actions.append(link(words.say("Open"), str(content.link)))
    spoken = _spoken(job.title) if job.title else words.say("Job {job}", job=job.id)
    return card(channel.card_version or "1.3", body, actions, fallback=fallback, speak=f"{spoken}: {state}")


def _title(words: Words, job: Job, here: LaneKey) -> str:
    if not job.title:
        return words.say("Job {job}", job=job.id)
    return escape(job.title) if job.lane == here else quote(job.title)


def _spoken(title: str) -> str:
    """Return *title* without the signs of SSML, in which a host may read the text."""
    return plain(title).translate(_NO_SSML)


def _when(words: Words, job: Job, content: ReportContent) -> str:
    if job.finished_at is None:
        return words.say("since {moment}", moment=words.day_and_time(job.created_at))
    took = content.duration_seconds
    if took is None:
        took = (job.finished_at - job.created_at).total_seconds()
    return words.say("after {time}", time=words.duration(took))


def _progress(words: Words, channel: Channel, share: float) -> Element:
    done = round(10 * share)
    bar = text(f"{'█' * done}{'░' * (10 - done)} {words.percent(share)}")
    return progress_bar(share, bar) if channel.has_progress_bar else bar


def _facts(words: Words, job: Job, content: ReportContent) -> dict[str, str]:
    said: dict[str, str] = {}
    if job.title:
        said[words.say("Job")] = str(job.id)
    moment = words.moment(job.created_at)
    if job.requested_by:
        moment = words.say("{moment}, {who}", moment=moment, who=quote(job.requested_by))
    said[words.say("Started")] = moment
    if job.finished_at is not None:
        said[words.say("Ended")] = words.moment(job.finished_at)
    if content.exit_code is not None:
        said[words.say("Exit code")] = str(content.exit_code)
    if job.cancel_asked_by and not job.status.is_final:
        said[words.say("Cancel asked")] = quote(job.cancel_asked_by)
    return said


def _buttons(words: Words, job: Job, *, may_complete: bool) -> list[Element]:
    show = button(words.say("Show"), f"show {job.id}")
    if job.status.is_final:
        again = button(words.say("Run again"), f"again {job.id}")
        return [show] if job.status is JobStatus.SUCCEEDED else [again, show]
    buttons = [show]
    if not job.cancel_asked_at:
        buttons = [button(words.say("Cancel"), f"cancel {job.id}"), show]
    if may_complete:
        buttons.append(button(words.say("Done"), f"done {job.id}"))
    return buttons


def _end_of(tail: str) -> str:
    lines = [escape(plain(line).rstrip()) for line in tail[-_LOG:].splitlines()[-_LOG_LINES:]]
    return "\n\n".join(filter(None, lines))
