"""What the driver may raise, and what each of it means for the connection and for what was asked."""

import errno
import socket

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from state.errors import StateError

#: Whatever may go wrong between us and the server. A dead network shows as OSError or TimeoutError.
FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SQLAlchemyError,
    OSError,
    TimeoutError,
)

#: The transaction was undone because of others; the same again will do.
ABORTED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

#: The server refused a statement for what was in it, and would again.
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)

#: After these the connection is as good as before. 25006, a server that only reads by now, is not among
#: them: after a failover the connection has to be made anew.
_HARMLESS = (StateError, *ABORTED, *REFUSED, asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)

#: Starting again changes nothing about these: what DATABASE_URL says is wrong.
MISCONFIGURED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)

#: The server, or the way to it, is not up yet: what starts together with the bot may be there in a moment.
_NOT_UP = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,  # Such as a forwarded port that takes connections and drops them.
)
_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


def is_not_up(error: BaseException) -> bool:
    """Say whether the server could not be reached, rather than refused what it was asked."""
    return isinstance(error, _NOT_UP) or (isinstance(error, OSError) and error.errno in _NO_WAY)


def is_harmless(error: BaseException) -> bool:
    """Say whether the connection that *error* came over may be used further."""
    return isinstance(error, _HARMLESS)


def in_one_line(error: BaseException) -> str:
    """Return what *error* says, without the statement and without line breaks."""
    if isinstance(error, SQLAlchemyError):
        error = getattr(error, "orig", None) or error
    if isinstance(error, ValueError) and not isinstance(error, asyncpg.InterfaceError):
        # From taking DATABASE_URL apart: the text quotes a part of it, which may be of the password.
        return "DATABASE_URL cannot be read: percent-encode what is special in its user and password"
    # The driver's own text has more lines: details that quote the row, so what people wrote.
    said = " ".join(str(getattr(error, "message", None) or error).split())
    return said or type(error).__name__
