"""The turn of a caller that is never answered."""

from collections.abc import Sequence
from typing import NoReturn

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ConversationReference

from bot.turn_context import Turn


class CallerNotAnswered(Exception):
    """A turn tried to send something although its caller is never answered."""

    def __init__(self, turn: TurnContext) -> None:
        super().__init__(f"a turn of type {turn.activity.type} tried to send: its caller is never answered")


class UnansweredTurn(Turn):
    """
    A `Turn` in which every attempt to send raises `CallerNotAnswered`.

    It has no connector client, and buffers no expected replies, which the HTTP response would contain.
    """

    async def send_activity(
        self, activity_or_text: Activity | str, speak: str | None = None, input_hint: str | None = None
    ) -> NoReturn:
        raise CallerNotAnswered(self)

    async def send_activities(self, activities: Sequence[Activity]) -> NoReturn:
        raise CallerNotAnswered(self)

    async def update_activity(self, activity: Activity) -> NoReturn:
        raise CallerNotAnswered(self)

    async def delete_activity(self, id_or_reference: str | ConversationReference) -> NoReturn:
        raise CallerNotAnswered(self)
