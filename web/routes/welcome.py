"""`GET /` and `GET /api/messages`: a page for people who open the bot's address in a browser."""

import base64
import hashlib

from aiohttp import web

from web.routes.messages import PATH

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}code{background:#eee;padding:.1rem .3rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1b}code{background:#333}}"
)

_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Proactive bot</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Proactive bot</h1>
<p>This is a chat bot. It starts long jobs, and tells people in their conversation when a job has ended.</p>
<p>A browser cannot chat with it. Channels, the Bot Framework Emulator and the Microsoft 365 Agents Playground
can: give them this server's address with the path <code>{PATH}</code>. The bot printed a command for that
when it started.</p>
<h2>What to say to it</h2>
<ul>
<li><code>run</code> starts a job, <code>run</code> with a title names it.</li>
<li><code>show</code> lists jobs, <code>show</code> with a number shows one.</li>
<li><code>done</code> with a number completes a job, where that is allowed.</li>
</ul>
<h2>For a job system</h2>
<p>Send an event activity named <code>jobComplete</code> with <code>POST {PATH}</code>. The tour in README.md
has the command.</p>
</body>
</html>
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS = {
    # Allow only this style: no scripts, images, frames or forms.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

routes = web.RouteTableDef()


@routes.get("/")
@routes.get(PATH)
@routes.get(PATH + "/")
async def welcome(request: web.Request) -> web.Response:
    """Answer with the page. It is the same for all visitors and reveals no settings."""
    return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)
