"""What a turn that fails comes to: an apology, or an exception for the HTTP edge to answer."""

import logging

import aiohttp
from botbuilder.core import TurnContext

from bot.reading.person import words_of
from bot.replies import texts
from bot.unanswered_turn import UnansweredTurn
from channel.connector import ConnectorError
from channel.failures import SEND_FAILURES, translated
from channel.outbound_tokens import OutboundTokenError
from delivery.errors import Blocked, CircuitOpen, Rejected
from instants import utc_now
from state.errors import StoreUnavailable

_log = logging.getLogger(__name__)

#: No answer came from the channel; TimeoutError is an OSError.
_UNANSWERED = (aiohttp.ClientError, OSError)

#: The channel hears of these by the status of its request.
_TOLD_BY_STATUS = (StoreUnavailable, OutboundTokenError, CircuitOpen)


class ReplyNotTaken(Exception):
    """The channel took neither the turn's answer nor an apology for that."""


async def apologise(turn: TurnContext, error: Exception) -> None:
    """
    Log what failed in a turn that decided nothing, and tell the user that something did, without saying what.

    Answers that the channel does not take never come here: `bot.answers` sees to them.

    Raises what the channel has to hear of, for it may send the activity again, and then it counts once: a
    store that is down, a token that the bot cannot get (it could not apologise either), a host that is left
    alone, and `ReplyNotTaken`, unless the channel refuses the apology for good. A channel that did not answer
    at all gets no apology: it would take as long.
    Raises *error* itself where the caller is never answered: the HTTP status is all that it gets.
    """
    if isinstance(error, _TOLD_BY_STATUS) or isinstance(turn, UnansweredTurn):
        raise error
    if isinstance(error, _UNANSWERED):
        raise ReplyNotTaken(str(error) or repr(error)) from error
    if isinstance(error, ConnectorError):
        _log.error("A turn of type %s was not answered: %s", turn.activity.type, error)
    else:
        _log.error("A turn of type %s failed", turn.activity.type, exc_info=error)
    try:
        await turn.send_activity(texts.apology(words_of(turn.activity)))
    except SEND_FAILURES as failure:
        if isinstance(translated(failure, now=utc_now()), Blocked | Rejected):
            return  # Asking again cannot help.
        raise ReplyNotTaken(str(failure)) from failure
