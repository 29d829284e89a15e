"""Makes pages from templates. All values are escaped: titles, names and reasons come from outside."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs.job import JobReport, NoticeStatus
from jobs.lane import channel_of, conversation_of, webhook_of
from jobs.overview import COUNTED
from web.board.why import span

_HERE = Path(__file__).parent

#: Nothing but our own files, and no frame around us. No `unsafe-inline`: markup that got in would do nothing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers send `Origin: null` with forms of our own pages.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}

_STATIC = {"board.css": "text/css", "board.js": "text/javascript"}

_NOTICES = {
    NoticeStatus.QUEUED: "waiting",
    NoticeStatus.SENT: "told",
    NoticeStatus.PARKED: "parked",
    NoticeStatus.FAILED: "dead",
    NoticeStatus.UNWANTED: "unwanted",
}


class Pages:
    """Renders pages, and has the files that they need."""

    def __init__(self, *, shows_texts: bool, version: str) -> None:
        """Show titles, results and logs if the board *shows_texts*."""
        self.shows_texts = shows_texts
        self._static = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}
        content = hashlib.sha256(b"".join(self._static.values())).hexdigest()[:12]
        self._env = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._env.filters.update(
            at=_at, bounded=bounded, channel=channel_of, conversation=conversation_of, span=span, n=_number
        )
        self._env.globals.update(
            texts=shows_texts, version=version, content=content, told=told_word, webhook=webhook_of
        )
        self._rows: Any = self._env.get_template("rows.html").module

    def render(self, template: str, **context: Any) -> str:
        """Return a page."""
        return self._env.get_template(template).render(context)

    def row(self, kind: str) -> Callable[..., str]:
        """Return what makes one row of a table, such as ``job``: a macro of rows.html."""
        macro = getattr(self._rows, kind)
        return lambda value: str(macro(value)).strip()

    def static(self, name: str) -> web.Response | None:
        """Return a file that pages need; its address changes with its content, so it may be kept."""
        if name not in self._static:
            return None
        headers = {**HEADERS, "Cache-Control": "max-age=31536000, immutable"}
        return web.Response(
            body=self._static[name], content_type=_STATIC[name], charset="utf-8", headers=headers
        )


def bounded(count: int) -> str:
    """Return a count that was not counted further than `COUNTED`."""
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def told_word(report: JobReport) -> str:
    """Return how people stand who are to be told, in one word."""
    if report.notice is None:
        return "nobody" if report.job.status.is_final else ""
    return _NOTICES[report.notice.status]


def _number(count: int) -> str:
    return f"{count:,}"


def _at(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M:%S}"
