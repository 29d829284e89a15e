"""Answer a person in a turn, and see to it if the channel does not take the answer."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from bot.channels import channel_named
from bot.replies.messages import MakeCard, message
from channel.failures import SEND_FAILURES, translated
from delivery.errors import Blocked, DeliveryError, OutcomeUnknown, Rejected, Throttled, Unavailable
from delivery.retry import backoff
from instants import utc_now
from jobs.lane import in_logs, lane_key
from state.references import load_reference, stored_reference

_log = logging.getLogger(__name__)

#: Seconds that a turn waits for the channel to take an answer. Channels give up on the whole request after
#: 15, and show a failure; a person's retry is then a new activity.
ANSWER_TIMEOUT = 8.0

#: Seconds after which an answer that only looks something up is worth nothing to the person.
STALE_AFTER = 60.0

_BASE, _CAP = timedelta(seconds=1), timedelta(seconds=15)

#: Answers that are tried again at a time; more are dropped.
_MOST_PENDING = 1_000


class Answer(NamedTuple):
    """What to say, and what to do if it cannot be sent now."""

    text: str
    card: MakeCard | None = None  #: Shown where the channel shows cards.
    beside: bool = False  #: Whether the text should stand beside the card, where that is possible.
    suggestions: tuple[str, ...] = ()  #: Commands that may be said next, the likeliest first.
    #: Called with the channel's id of the message, where that can be changed later.
    sent: Callable[[str], Awaitable[None]] | None = None
    #: Owes the person the answer, to be sent after a while, because the turn decided something. None for an
    #: answer that only looks something up: that is tried for a minute.
    owe: Callable[[timedelta], Awaitable[None]] | None = None
    #: Called if the answer is dropped.
    dropped: Callable[[], Awaitable[None]] | None = None


class Answers:
    """Gives answers; those that are tried again outlive their turn, not the process."""

    def __init__(
        self, *, monotonic: Callable[[], float] = time.monotonic, spread: Callable[[], float] = random.random
    ) -> None:
        """Count seconds by *monotonic*; *spread* is uniform in [0, 1)."""
        self._monotonic = monotonic
        self._spread = spread
        self._pending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Answers"]:
        """Give answers while the body runs; then drop those that are still tried."""
        try:
            yield self
        finally:
            for task in self._pending:
                task.cancel()
            await asyncio.gather(*self._pending, return_exceptions=True)

    async def give(self, turn: TurnContext, answer: Answer) -> None:
        """
        Send *answer*; if the channel does not take it, owe it or try again later, and return.

        Raises what `Answer.owe` raises, and errors that are not the channel's.
        """
        failure = await _send(turn, answer)
        if failure is None:
            return
        where = _where(turn)
        if answer.owe is not None:
            _log.warning("An answer in %s was not taken and is owed: %s", where, failure)
            await answer.owe(_asked_to_wait(failure))
        elif _is_worth_a_retry(failure) and len(self._pending) < _MOST_PENDING:
            _log.info("An answer in %s was not taken and is tried again: %s", where, failure)
            trying = self._try_again(_without_its_activity(turn), answer, failure)
            task = asyncio.create_task(trying, name="answer again")
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        else:
            await _drop(turn, answer, failure)

    async def _try_again(self, turn: TurnContext, answer: Answer, failure: DeliveryError | None) -> None:
        began, attempt = self._monotonic(), 1
        while failure is not None:
            pause = max(
                backoff(attempt, base=_BASE, cap=_CAP, spread=self._spread()), _asked_to_wait(failure)
            ).total_seconds()
            too_late = self._monotonic() + pause - began >= STALE_AFTER
            if too_late or not _is_worth_a_retry(failure):
                await _drop(turn, answer, failure)
                return
            await asyncio.sleep(pause)
            attempt += 1
            failure = await _send(turn, answer)


def _without_its_activity(turn: TurnContext) -> TurnContext:
    """Return a turn that answers the same, but keeps nothing of an activity that may be large."""
    said = turn.activity
    reference = load_reference(stored_reference(said))
    kept = TurnContext.apply_conversation_reference(Activity(type=said.type, id=said.id), reference, True)
    slim = type(turn)(turn.adapter, kept)
    slim.turn_state.update(turn.turn_state)
    return slim


async def _send(turn: TurnContext, answer: Answer) -> DeliveryError | None:
    channel = channel_named(turn.activity.channel_id)
    said = message(channel, answer.text, answer.card, beside=answer.beside, suggestions=answer.suggestions)
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            receipt = await turn.send_activity(said)
    except SEND_FAILURES as error:
        return translated(error, now=utc_now())
    if answer.sent is not None and channel.updates and receipt is not None and receipt.id:
        await answer.sent(receipt.id)
    return None


def _where(turn: TurnContext) -> str:
    """Return how logs name the conversation."""
    said = turn.activity
    return in_logs(lane_key(said.channel_id or "", said.conversation.id))


async def _drop(turn: TurnContext, answer: Answer, failure: DeliveryError) -> None:
    _log.warning("An answer in %s was dropped: %s", _where(turn), failure)
    if answer.dropped is not None:
        await answer.dropped()


def _is_worth_a_retry(failure: DeliveryError) -> bool:
    """Return whether the same request may succeed; what may have arrived is not said twice."""
    return not isinstance(failure, Blocked | Rejected | OutcomeUnknown)


def _asked_to_wait(failure: DeliveryError) -> timedelta:
    asked = failure.retry_after if isinstance(failure, Throttled | Unavailable) else None
    return asked or timedelta()
