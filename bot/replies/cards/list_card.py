"""The card of a page of the job log: a row for each job, and buttons to read on and to filter."""

from collections.abc import Mapping

from bot.channels import Channel
from bot.replies.cards.elements import Element, button, card, row, text
from bot.replies.markdown import escape, quote
from bot.replies.texts import STATES, footer
from bot.replies.words import Words
from jobs.job import Job, JobId
from jobs.lane import LaneKey
from jobs.listing import JobPage, Section
from text import cut_short

_TITLE, _NAME = 60, 30  # Characters in a row.


def list_card(
    words: Words, channel: Channel, page: JobPage, names: Mapping[JobId, str], here: LaneKey, *, fallback: str
) -> Element:
    """Return the card of *page*, with at least one job, for a reader in the conversation *here*."""
    running = page.start.section is Section.RUNNING
    body = [text(words.say("Running jobs") if running else words.say("Jobs"), weight="Bolder", heading=True)]
    divided = page.start.section in (Section.HERE, Section.OTHERS) and not all(
        job.lane == here for job in page.jobs
    )
    seen: set[bool] = set()
    for job in page.jobs:
        ours = job.lane == here
        if divided and ours not in seen:
            seen.add(ours)
            where = words.say("In this conversation") if ours else words.say("In other conversations")
            body.append(text(where, subtle=True, size="Small"))
        body.append(_row(words, job, names[job.id], here))
    body.append(text(footer(words, page), subtle=True, size="Small"))
    actions = [button(words.say("More"), "show more")] if page.has_more else []
    actions.append(
        button(words.say("All"), "show all") if running else button(words.say("Running"), "show running")
    )
    spoken = words.count("{count} job", "{count} jobs", len(page.jobs))
    return card(channel.card_version or "1.3", body, actions, fallback=fallback, speak=spoken)


def _row(words: Words, job: Job, short: str, here: LaneKey) -> Element:
    title = (escape if job.lane == here else quote)(cut_short(job.title, _TITLE)) if job.title else "-"
    said = [words.say(STATES[job.status])]
    said += [quote(cut_short(job.requested_by, _NAME))] if job.requested_by else []
    said.append(words.day_and_time(job.finished_at or job.created_at))
    return row(
        text(short, weight="Bolder"),
        text(title),
        text(", ".join(said), subtle=True, size="Small"),
        widths=("auto", "stretch", "auto"),
        action=button(words.say("Show"), f"show {job.id}"),
    )
