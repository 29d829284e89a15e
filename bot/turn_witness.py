"""What kind of error a turn raised, also where the adapter has apologised for it."""

from collections.abc import Awaitable, Callable

from botbuilder.core import TurnContext


class TurnWitness:
    """
    Runs a turn's logic and keeps the type of what it raises: the adapter's `on_turn_error` may end the error.
    """

    __slots__ = ("_logic", "failure")

    def __init__(self, logic: Callable[[TurnContext], Awaitable[None]]) -> None:
        self._logic = logic
        self.failure: type[BaseException] | None = None

    async def on_turn(self, turn: TurnContext) -> None:
        """Run the logic."""
        try:
            await self._logic(turn)
        except BaseException as error:
            self.failure = type(error)
            raise
