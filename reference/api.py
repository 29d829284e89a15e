"""docs/reference/api.md: the addresses that the server has, and the API from its OpenAPI description."""

import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from reference.markdown import cell, escaped, page, table
from web.api.description import description
from web.board.routes import jobs as board_jobs
from web.board.routes import letters, live, queues, sign_in
from web.routes import description as described
from web.routes import health, messages, metrics, welcome

_Json = dict[str, Any]

_METHODS = ("get", "post", "put", "delete")

_INTRODUCTION = """\
The API for job systems and operators. The running bot has the same as OpenAPI 3.1 at `GET /api/openapi.json`.
Refusals are `application/problem+json` (RFC 9457). Callers show a bearer token; without authentication
programs on the bot's machine need none. [How to connect a job system](../how-to/job-system.md) has examples.
"""


def api_page() -> str:
    """Return the page about the API."""
    said = description("http://localhost:3978")
    lines = [_INTRODUCTION, "## Requests", ""]
    for path, item in said["paths"].items():
        for method in _METHODS:
            if method in item:
                lines += _operation(method, path, item[method], item.get("parameters", []))
    lines += ["## Events", "", "What a job system gets by webhook.", ""]
    rows = [(f"`{name}`", cell(item["post"]["summary"])) for name, item in said["webhooks"].items()]
    lines += table(["event", "when"], rows)
    lines += ["## Documents", ""]
    for name, schema in sorted(said["components"]["schemas"].items()):
        lines += _document(name, schema)
    lines += ["## Other addresses", "", *table(["address", "what it does"], sorted(_others()))]
    return page("The HTTP API", "web/api/description.py and the routes", *lines)


def _operation(method: str, path: str, said: _Json, shared: list[_Json]) -> Iterator[str]:
    yield from (f"### {method.upper()} `{path}`", "", escaped(said["summary"]), "")
    parameters = [
        (f"`{each['name']}`", each["in"], _type(each["schema"]), cell(each.get("description", "")))
        for each in [*shared, *said.get("parameters", [])]
    ]
    yield from table(["parameter", "in", "type", ""], parameters)
    if "requestBody" in said:
        yield from (f"Body: {_content(said['requestBody'])}", "")
    good = [f"{code} {_content(each)}".strip() for code, each in said["responses"].items() if code < "400"]
    bad = [code for code in said["responses"] if code >= "400"]
    yield from (f"Answers: {', '.join(good)}; refusals: {', '.join(sorted(bad))}", "")


def _content(said: _Json) -> str:
    return " or ".join(
        _type(each["schema"]) if kind == "application/json" else f"`{kind}`"
        for kind, each in said.get("content", {}).items()
    )


def _document(name: str, schema: _Json) -> Iterator[str]:
    yield from (f"### {name}", "")
    if "description" in schema:
        yield from (cell(schema["description"]), "")
    if "enum" in schema:
        yield from (f"One of {_type(schema)}.", "")
    needed = schema.get("required", [])
    rows = [
        (f"`{name}`{' (always)' if name in needed else ''}", _type(each), cell(each.get("description", "")))
        for name, each in schema.get("properties", {}).items()
    ]
    yield from table(["property", "type", ""], rows)


def _type(schema: _Json) -> str:
    """Say in a few words what *schema* takes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for joint in ("anyOf", "oneOf", "allOf"):
        if joint in schema:
            return " or ".join(
                dict.fromkeys(_type(each) for each in schema[joint] if each != {"type": "null"})
            )
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = schema.get("format") or schema.get("type", "object")
    return (", ".join(kind) if isinstance(kind, list) else kind) + _bounds(schema)


def _bounds(schema: _Json) -> str:
    names = {"minimum": "from", "maximum": "to", "minLength": "at least", "maxLength": "at most"}
    said = [f" {word} {schema[name]:,}" for name, word in names.items() if name in schema]
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    return "".join(said) + unit


def _others() -> Iterator[tuple[str, str]]:
    """Yield the addresses outside the API, with the first sentence about each."""
    board = (board_jobs, letters, live, queues, sign_in)
    for module in (messages, described, health, metrics, welcome, *board):
        for route in module.routes:
            assert isinstance(route, web.RouteDef)
            first = (route.handler.__doc__ or "").strip().partition("\n")[0]
            address = re.sub(r"{(\w+):.*?}(?=/|$)", r"{\1}", route.path)
            yield (f"`{route.method} {address}`", cell(first))
