"""Classify the driver's exceptions: what each means for the connection and for the statement."""

import errno
import socket

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from state.errors import StateError

#: All failures between the bot and the server. A dead network shows as OSError or TimeoutError.
FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SQLAlchemyError,
    OSError,
    TimeoutError,
)

#: The transaction was rolled back because of concurrent ones; repeat it unchanged.
ABORTED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

_ABORTED_STATES = frozenset(each.sqlstate for each in ABORTED)

#: The server refused a statement because of its data, and would refuse it again.
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)

#: After these the connection is still usable. 25006 (a server that has become read-only) is not in the list:
#: after a failover a new connection is needed.
_HARMLESS = (StateError, *ABORTED, *REFUSED, asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)

#: Errors in DATABASE_URL; a restart does not help.
MISCONFIGURED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)

#: The server or the network is not up yet; if it starts together with the bot, a retry may succeed.
_NOT_UP = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,  # For example a forwarded port that accepts connections and drops them.
)
_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


def is_not_up(error: BaseException) -> bool:
    """Return whether the server was unreachable, rather than refusing the statement."""
    return isinstance(error, _NOT_UP) or (isinstance(error, OSError) and error.errno in _NO_WAY)


def is_aborted(error: BaseException) -> bool:
    """Return whether the server rolled a transaction back because of concurrent ones, also by SQLAlchemy."""
    cause = getattr(error, "orig", None) or error
    return isinstance(cause, ABORTED) or getattr(cause, "sqlstate", None) in _ABORTED_STATES


def is_harmless(error: BaseException) -> bool:
    """Return whether the connection is still usable after *error*."""
    return isinstance(error, _HARMLESS)


def in_one_line(error: BaseException) -> str:
    """Return the message of *error* without the statement and without line breaks."""
    if isinstance(error, SQLAlchemyError):
        error = getattr(error, "orig", None) or error
    if isinstance(error, ValueError) and not isinstance(error, asyncpg.InterfaceError):
        # From parsing DATABASE_URL: the message quotes a part of it, possibly of the password.
        return "DATABASE_URL cannot be read: percent-encode what is special in its user and password"
    # Only the message: the driver's text also has details that quote the row, which contains users' text.
    said = " ".join(str(getattr(error, "message", None) or error).split())
    return said or type(error).__name__
