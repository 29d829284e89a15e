"""Access to one PostgreSQL database: a pool, deadlines, and back-off while it is unreachable."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakSet

import asyncpg
from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from state.errors import StoreUnavailable
from state.store.postgres.address import address_of
from state.store.postgres.failures import ABORTED, FAILURES, REFUSED, in_one_line, is_harmless

T = TypeVar("T")

#: Values by column name.
Row = Mapping[str, Any]


class Connection(Protocol):
    """The part of the driver's connection that is used; a statement outside a transaction commits itself."""

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        """Run one statement and return its rows."""

    async def execute(self, query: str, *arguments: object) -> str:
        """Run one statement and ignore its rows."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Begin a transaction; commit it at the end, or roll it back."""

    def is_closed(self) -> bool:
        """Return whether the connection is known to be closed."""

    def terminate(self) -> None:
        """Close the socket at once; returns without a word to the server."""


Work = Callable[[Connection], Awaitable[T]]

CONNECT_TIMEOUT = 5.0  # seconds
#: Seconds for a statement including the network: longer than the server's own statement timeout.
COMMAND_TIMEOUT = 8.0
#: Seconds to wait for a connection of the pool.
POOL_TIMEOUT = 5.0
#: Seconds in which the connections may close at the end; then their sockets are closed.
CLOSE_TIMEOUT = 5.0
_NAME = {"application_name": "proactive-bot"}
#: Settings of a session.
SERVER_SETTINGS = {
    # Compiling a statement takes longer than running any of ours, whatever table size the planner assumes.
    "jit": "off",
    # The server reuses a plan until the next ANALYZE, perhaps a minute later: a plan for an almost empty
    # table would then read all of that minute's jobs in each turn. All statements here can use an index.
    "enable_seqscan": "off",
    # Limits how long a frozen replica can block others with its locks.
    "statement_timeout": "5000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "5000",
}

_STATEMENTS_KEPT = 100  # Prepared statements per connection; there are fewer.
_FIRST_REST, _LONGEST_REST = 0.05, 2.0  # seconds
_ABORTS = 5  # Maximum deadlocks and serialization failures before a transaction is given up.


class Refused(StoreUnavailable):
    """The server refused a statement because of its data; nothing was stored."""


class Database:
    """
    Runs statements on pooled connections; the driver's exceptions become `StoreUnavailable`.

    While the server is unreachable, one connection attempt at a time is made, with exponential back-off. In
    between every call fails at once, so that a turn is answered before its channel times out.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        """Use the database that *url* names over at most *connections*; raises `ValueError`."""
        self.aborted = 0  #: Transactions rolled back by the server: deadlocks, serialization failures.
        self._address = address_of(url)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
        )
        self._pool = cast(QueuePool, self._engine.pool)
        self._connections: WeakSet[Connection] = WeakSet()
        self._rest = 0.0
        self._resting_until = 0.0

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        return self._pool.checkedout(), self._pool.size()

    @property
    def server(self) -> str:
        """Host and port for logs."""
        return self._address.server

    @property
    def pooled(self) -> bool:
        """Whether a pooler owns the server's sessions, so that the bot cannot change their settings."""
        return self._address.pooled

    async def run(self, work: Work[T], *, patience: timedelta = timedelta()) -> T:
        """
        Return the result of *work*: one statement, or statements with the same all-or-nothing effect.

        If the server fails, *work* is repeated until *patience* is over. Then it must be idempotent: a
        statement whose response was lost may have taken effect.
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
        """Return the result of *work*, which runs in one transaction."""

        async def transaction(connection: Connection) -> T:
            async with connection.transaction():
                return await work(connection)

        return await self.run(transaction)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """Yield a SQLAlchemy connection in a transaction; raises the driver's exceptions."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close all connections; those of a server that does not answer, after `CLOSE_TIMEOUT`."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._engine.dispose()
        except (TimeoutError, *FAILURES):
            for connection in list(self._connections):
                connection.terminate()

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._address.dsn,
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings=_NAME if self.pooled else {**_NAME, **SERVER_SETTINGS},
            # Behind a pooler the next statement may run in another session, so no prepared statement is kept.
            # The driver then also uses no names for statements that SQLAlchemy prepares.
            statement_cache_size=0 if self.pooled else _STATEMENTS_KEPT,
        )
        self._connections.add(connection)
        return connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pooled = await self._checked_out()
        driver = await _driver(pooled)
        try:
            yield driver
        except BaseException as error:
            # Also when cancelled: the server may still be running a statement on this connection. To close it
            # in order, the driver would first wait without limit for a server that may be gone.
            if not is_harmless(error):
                driver.terminate()
                await pooled.invalidate()
            if isinstance(error, REFUSED):
                raise Refused(f"PostgreSQL: {in_one_line(error)}") from error
            if isinstance(error, FAILURES) and not isinstance(error, ABORTED):
                raise StoreUnavailable(f"PostgreSQL: {in_one_line(error)}") from error
            raise
        finally:
            await pooled.close()

    async def _checked_out(self) -> AsyncConnection:
        """Return a connection that is not known to be closed."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._resting_until:
            raise StoreUnavailable("PostgreSQL could not be reached, and is tried again soon")
        try:
            while True:
                pooled = await self._engine.connect()
                if not (await _driver(pooled)).is_closed():
                    break
                # The server closed it while it was in the pool; a restart closes all of them.
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
