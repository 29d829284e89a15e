"""Batch concurrent requests to the database into one statement."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

from state.errors import StateError
from state.store.postgres.database import Refused

Q = TypeVar("Q")
A = TypeVar("A")

#: Maximum number of requests in one statement.
_BATCH = 256


class Batches(Generic[Q, A]):
    """
    Answers requests of one kind, many with one statement.

    While *flights* statements are running, further requests wait and then share the next statement. Without
    load a request is sent alone and at once; under load many share the cost of a round trip and a commit.
    """

    def __init__(
        self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A | StateError]]], *, name: str, flights: int
    ) -> None:
        """Call *answer* for each batch; an error in its results is raised to that request's caller."""
        self._answer = answer
        self._name = name
        self._flights = flights
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._flying: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many requests wait for a statement that can take them along."""
        return len(self._waiting)

    async def ask(self, question: Q) -> A:
        """Return the answer to *question*. Cancelling the caller does not undo the request."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if len(self._flying) < self._flights:
            self._flying.add(asyncio.create_task(self._fly(), name=self._name))
        return await future

    async def close(self) -> None:
        """Wait until all requests are answered."""
        while self._flying:
            await asyncio.wait(self._flying)

    async def _fly(self) -> None:
        await self._empty_the_queue()
        # No await since the last check of the queue: otherwise a request added in between would never be
        # sent.
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
            # One of them caused the error: run each alone, so that the others succeed.
            return [(await self._answers([question]))[0] for question in questions]
        except Exception as error:  # Raised to each caller in this batch; the next batch still runs.
            return [error] * len(questions)
