"""The way to one PostgreSQL database: a pool, deadlines, and back-off while it cannot be reached."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from state.errors import StoreUnavailable
from state.store.postgres.address import address_of
from state.store.postgres.failures import ABORTED, FAILURES, REFUSED, in_one_line, is_harmless

T = TypeVar("T")

#: By the names of the columns.
Row = Mapping[str, Any]


class Connection(Protocol):
    """What we use of the driver's connections; a statement outside a transaction is one of its own."""

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        """Run one statement and return its rows."""

    async def execute(self, query: str, *arguments: object) -> str:
        """Run one statement whose rows, if any, nobody needs."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Begin a transaction; commit it at the end, or roll it back."""

    def is_closed(self) -> bool:
        """Say whether the connection is known to be closed."""


Work = Callable[[Connection], Awaitable[T]]

CONNECT_TIMEOUT = 5.0  # seconds
#: Seconds for a statement, network and all: longer than the server takes to give up by itself.
COMMAND_TIMEOUT = 8.0
#: Seconds to wait for a connection of the pool.
POOL_TIMEOUT = 5.0
_NAME = {"application_name": "proactive-bot"}
#: What a session is to go by.
SERVER_SETTINGS = {
    # Compiling a statement takes longer than any of ours does, however large the tables look to the planner.
    "jit": "off",
    # The server keeps a plan until it next looks how large the tables are, which may be a minute: one that it
    # made for a new log would read all of that minute's jobs in each turn. Ours all have an index to go by.
    "enable_seqscan": "off",
    # Longer than a frozen replica may keep others waiting for its locks.
    "statement_timeout": "5000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "5000",
}

_STATEMENTS_KEPT = 100  # Prepared, for each connection: more than we have.
_FIRST_REST, _LONGEST_REST = 0.05, 2.0  # seconds
_ABORTS = 5  # Times that a transaction may be undone because of others before it is given up.


class Refused(StoreUnavailable):
    """The server refused a statement for what was in it; nothing was stored."""


class Database:
    """
    Runs statements on pooled connections; whatever the driver raises becomes `StoreUnavailable`.

    While the server cannot be reached, only one attempt at a time is made, after longer and longer rests;
    in between everything fails at once, so that a turn is answered before its channel loses patience.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        """Reach the database that *url* names over at most *connections*; raises `ValueError`."""
        self.aborted = 0  #: Transactions that the server undid because of others.
        self._address = address_of(url)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
        )
        self._rest = 0.0
        self._resting_until = 0.0

    @property
    def server(self) -> str:
        """Host and port, as they may be shown."""
        return self._address.server

    @property
    def pooled(self) -> bool:
        """Whether the server's sessions are a pooler's, and their settings not ours to make."""
        return self._address.pooled

    async def run(self, work: Work[T], *, patience: timedelta = timedelta()) -> T:
        """
        Return what *work* returns, which is one statement or ends as if it were.

        If the server fails, *work* is done again until *patience* is over: for work that comes to the same
        when it is done twice, because nobody knows whether a statement whose answer was lost took effect.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience.total_seconds()
        aborts = 0
        while True:
            try:
                async with self._connection() as connection:
                    return await work(connection)
            except ABORTED as error:
                aborts += 1
                self.aborted += 1
                if aborts == _ABORTS:
                    raise StoreUnavailable(f"PostgreSQL: {in_one_line(error)}") from error
            except Refused:
                raise
            except StoreUnavailable:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(max(_FIRST_REST, self._resting_until - loop.time()))

    async def transact(self, work: Work[T]) -> T:
        """Return what *work* returns, whose statements take effect together or not at all."""

        async def transaction(connection: Connection) -> T:
            async with connection.transaction():
                return await work(connection)

        return await self.run(transaction)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """Give a SQLAlchemy connection in a transaction; raises what the driver raises."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._address.dsn,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings=_NAME if self.pooled else {**_NAME, **SERVER_SETTINGS},
            # Behind a pooler the next statement may come to another session, so none is kept in any. Then the
            # driver gives no names either, not even to what SQLAlchemy prepares.
            statement_cache_size=0 if self.pooled else _STATEMENTS_KEPT,
        )
        return connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pooled = await self._checked_out()
        try:
            yield await _driver(pooled)
        except BaseException as error:
            # Also when cancelled: nobody knows what the server is about on this connection.
            if not is_harmless(error):
                await pooled.invalidate()
            if isinstance(error, REFUSED):
                raise Refused(f"PostgreSQL: {in_one_line(error)}") from error
            if isinstance(error, FAILURES) and not isinstance(error, ABORTED):
                raise StoreUnavailable(f"PostgreSQL: {in_one_line(error)}") from error
            raise
        finally:
            await pooled.close()

    async def _checked_out(self) -> AsyncConnection:
        """Return a connection that is open as far as we know."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until:
            raise StoreUnavailable("PostgreSQL could not be reached, and is tried again soon")
        try:
            while True:
                pooled = await self._engine.connect()
                if not (await _driver(pooled)).is_closed():
                    break
                # The server closed it while it lay in the pool: after a restart all of them are like that.
                await pooled.invalidate()
                await pooled.close()
        except FAILURES as error:
            if loop.time() >= self._resting_until:
                self._rest = min(_LONGEST_REST, 2 * self._rest or _FIRST_REST)
                self._resting_until = loop.time() + self._rest
            raise StoreUnavailable(f"PostgreSQL cannot be reached: {in_one_line(error)}") from error
        self._rest = 0.0
        return pooled


async def _driver(pooled: AsyncConnection) -> Connection:
    return cast(Connection, (await pooled.get_raw_connection()).driver_connection)
