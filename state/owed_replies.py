"""The body of a notice that is a reply: its text, and where it goes."""

from typing import Any

import orjson


def dump_reply(text: str, reference: str) -> str:
    """Return the body for *text*, in Markdown, to the conversation of *reference*, a stored reference."""
    return orjson.dumps({"text": text, "reference": reference}).decode()


def text_of_reply(body: str | None) -> str:
    """Return the text in *body*."""
    return str(_loaded(body)["text"])


def reference_of_reply(body: str | None) -> str:
    """Return the stored reference in *body*."""
    return str(_loaded(body)["reference"])


def _loaded(body: str | None) -> Any:
    return orjson.loads(body or "{}")
