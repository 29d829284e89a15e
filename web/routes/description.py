"""`GET /api/openapi.json`: what the API takes and answers, for programs."""

from aiohttp import web

PATH = "/api/openapi.json"

#: The description, as JSON.
DESCRIPTION = web.AppKey("description", bytes)

routes = web.RouteTableDef()


@routes.get(PATH)
async def describe(request: web.Request) -> web.Response:
    """Answer with the description. It is the same for all callers, and reveals the public URL alone."""
    return web.Response(body=request.app[DESCRIPTION], content_type="application/json")
