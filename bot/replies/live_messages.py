"""The message that shows how a job stands, as it is now."""

from botbuilder.schema import Activity

from bot.channels import channel_named
from bot.replies.cards.job_card import job_card
from bot.replies.messages import message
from bot.replies.texts import job_report
from bot.replies.words import words_for
from jobs.job import JobReport
from jobs.lane import lane_key
from jobs.live import LiveMessage
from state.references import load_reference


def live_message(live: LiveMessage, channel_id: str, locale: str | None, *, may_complete: bool) -> Activity:
    """Return the message with the card of the job of *live*, in the conversation that asked."""
    words, channel, job = words_for(locale), channel_named(channel_id), live.job
    here = lane_key(channel_id, load_reference(live.reference).conversation.id)
    text = job_report(words, JobReport(job=job, notice=None), here)
    card = job_card(words, channel, job, here, fallback=text, may_complete=may_complete)
    said = message(channel, text, lambda _: card)
    return said if isinstance(said, Activity) else Activity(type="message", text=said)
