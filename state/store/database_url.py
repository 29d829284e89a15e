"""
Parse DATABASE_URL strictly.

Several libraries parse the same URL, and they disagree about unusual ones: one of them reads a password with
a slash as a host and a path, and then quotes it in an error. So ambiguous URLs are refused here, with an
error that quotes nothing.
"""

import re
from dataclasses import dataclass

_USER = r"[^:@/?#\[\]]*"
_PASSWORD = r"[^/?#\[\]]*"  # noqa: S105  # A pattern. A password ends at the last @.
_HOST = r"(?:[\w.%-]*|\[[\da-fA-F:.]+\])(?::\d{1,5})?"
_PARAMETER = r"[A-Za-z_][\w.]*=[^&#@]*"

_POSTGRES = re.compile(
    rf"(?:(?P<user>{_USER})(?P<password>:{_PASSWORD})?@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    rf"(?:/(?P<database>[^/?#@]*))?(?:\?(?:{_PARAMETER}(?:&{_PARAMETER})*)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """A database in a file, or in memory."""

    path: str | None  #: None: in memory.

    @property
    def shown(self) -> str:
        """The URL for logs."""
        return "sqlite://" if self.path is None else f"sqlite:///{self.path}"


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """A database on a server."""

    dsn: str  #: For the driver, which parses the parameters: ?sslmode=, ?search_path=, …
    shown: str  #: The URL for logs: without password and parameters, which may contain a password too.

    def __repr__(self) -> str:
        """Omit the password."""
        return f"PostgresUrl({self.shown!r})"


DatabaseUrl = SqliteUrl | PostgresUrl


def parse_database_url(url: str) -> DatabaseUrl:
    """Parse *url*; raises `ValueError` with a message that says what to write and quotes nothing."""
    scheme, _, rest = url.partition("://")
    match scheme.partition("+")[0]:
        case "sqlite":
            return _sqlite(rest)
        case "postgresql" | "postgres":
            return _postgres(rest)
    raise ValueError("is no database URL: use sqlite:///<file> or postgresql://<host>/<db>")


def _sqlite(rest: str) -> SqliteUrl:
    if (rest and not rest.startswith("/")) or "?" in rest:
        raise ValueError("a SQLite URL names a file alone: write sqlite:///<file>, or sqlite:// for memory")
    return SqliteUrl(None if rest in ("", "/", "/:memory:") else rest.removeprefix("/"))


def _postgres(rest: str) -> PostgresUrl:
    match = _POSTGRES.fullmatch(rest) if rest.isascii() and rest.isprintable() and " " not in rest else None
    if match is None:
        raise ValueError(
            "a PostgreSQL URL is postgresql://<user>:<password>@<host>:<port>/<db>, with / ? # @ in a"
            " password written %2F %3F %23 %40"
        )
    user = "" if match["user"] is None else match["user"] + (":***" if match["password"] else "") + "@"
    database = "" if match["database"] is None else f"/{match['database']}"
    return PostgresUrl(dsn=f"postgresql://{rest}", shown=f"postgresql://{user}{match['hosts']}{database}")
