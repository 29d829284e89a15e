"""Problems as pages, for people who use a browser; programs get `application/problem+json` as everywhere."""

from collections.abc import Awaitable, Callable, Iterable
from functools import wraps

from aiohttp import web

from web.board.pages import HEADERS
from web.board.serving import PARTS
from web.server.problems import Problem, problem_response

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def in_html(routes: Iterable[web.AbstractRouteDef]) -> list[web.RouteDef]:
    """Return *routes* whose problems are pages where the board is on and the client wants HTML."""
    return [
        web.RouteDef(route.method, route.path, _in_html(route.handler), route.kwargs)
        for route in routes
        if isinstance(route, web.RouteDef)
    ]


def _in_html(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            parts = request.app[PARTS]
            if not parts.access.is_on or "text/html" not in request.headers.get("Accept", ""):
                raise
            if not request.content.is_eof():  # Its body is not read: the server hangs up.
                raise
            text = parts.pages.render("problem.html", title=problem.status.phrase, said=problem.detail)
            response = web.Response(
                text=text, status=problem.status.value, content_type="text/html", headers=HEADERS
            )
            for name in ("Retry-After", "WWW-Authenticate"):
                if (value := problem_response(problem).headers.get(name)) is not None:
                    response.headers[name] = value
            return response

    return answer
