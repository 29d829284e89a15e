"""What waits for the database goes there together, in one statement."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

from state.errors import StateError
from state.store.postgres.database import Refused

Q = TypeVar("Q")
A = TypeVar("A")

#: Questions that one statement carries at most.
_BATCH = 256


class Batches(Generic[Q, A]):
    """
    Answers questions of one kind, many with one statement.

    While *flights* statements are under way, what is asked waits and then leaves together: at rest a question
    goes alone and at once, and under load the cost of a round trip and of a commit is shared.
    """

    def __init__(
        self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A | StateError]]], *, name: str, flights: int
    ) -> None:
        """Let *answer* answer; an answer that is an error is raised where that question was asked."""
        self._answer = answer
        self._name = name
        self._flights = flights
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._flying: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q) -> A:
        """Return the answer to *question*. A caller that is cancelled meanwhile has not undone anything."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if len(self._flying) < self._flights:
            self._flying.add(asyncio.create_task(self._fly(), name=self._name))
        return await future

    async def close(self) -> None:
        """Wait until all that was asked is answered."""
        while self._flying:
            await asyncio.wait(self._flying)

    async def _fly(self) -> None:
        await self._empty_the_queue()
        # In the same breath as the last look at the queue, or what is asked in between would wait for ever.
        self._flying.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _empty_the_queue(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
            questions = [question for question, _ in batch]
            for (_, future), answer in zip(batch, await self._answers(questions), strict=True):
                if future.done():  # Cancelled.
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    async def _answers(self, questions: Sequence[Q]) -> Sequence[A | Exception]:
        try:
            return await self._answer(questions)
        except Refused as error:
            if len(questions) == 1:
                return [error]
            # One of them is to blame, and must take no other with it.
            return [(await self._answers([question]))[0] for question in questions]
        except Exception as error:  # Ours to hand on: whoever asked raises it, and the next batch goes on.
            return [error] * len(questions)
