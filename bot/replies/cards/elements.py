"""
Elements of Adaptive Cards, as the dictionaries that go into the activity.

Only those of version 1.3, which all hosts draw; what Teams has beside them stands before its `fallback`.
Source: https://adaptivecards.io/explorer/
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Element = dict[str, Any]

Color = Literal["Default", "Accent", "Good", "Warning", "Attention"]
Weight = Literal["Default", "Bolder"]
Size = Literal["Small", "Default", "Medium"]

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"


def text(
    said: str,
    *,
    color: Color = "Default",
    weight: Weight = "Default",
    size: Size = "Default",
    subtle: bool = False,
    heading: bool = False,
) -> Element:
    """Return a paragraph of *said*, in Markdown."""
    element: Element = {"type": "TextBlock", "text": said, "wrap": True}
    if color != "Default":
        element["color"] = color
    if weight != "Default":
        element["weight"] = weight
    if size != "Default":
        element["size"] = size
    if subtle:
        element["isSubtle"] = True
    if heading:
        element["style"] = "heading"  # For screen readers; hosts of 1.3 ignore it.
    return element


def log(said: str) -> Element:
    """Return the end of a log, as it was printed."""
    return {"type": "TextBlock", "text": said, "wrap": True, "fontType": "Monospace", "size": "Small"}


def facts(pairs: Mapping[str, str]) -> Element:
    """Return names and values, in Markdown, in two columns."""
    return {"type": "FactSet", "facts": [{"title": name, "value": value} for name, value in pairs.items()]}


def row(*cells: Element, widths: Sequence[str], action: Element | None = None) -> Element:
    """Return *cells* beside each other, each ``auto`` or ``stretch`` wide; all of it does *action*."""
    columns = [
        {"type": "Column", "width": width, "items": [cell]} for cell, width in zip(cells, widths, strict=True)
    ]
    element: Element = {"type": "ColumnSet", "columns": columns}
    return element | {"selectAction": action} if action else element


def progress_bar(share: float, fallback: Element) -> Element:
    """Return Teams' progress bar; other hosts draw *fallback*."""
    return {"type": "ProgressBar", "value": round(100 * share), "max": 100, "fallback": fallback}


def button(title: str, command: str) -> Element:
    """
    Return a button that says *command*, as if the person had typed it.

    The channel sends the data as the value of a message without a text. In Teams it could also say it in the
    person's name (`msteams` in the data), but the Agents Playground then sends nothing.
    """
    return {"type": "Action.Submit", "title": title, "data": {"command": command}}


def link(title: str, url: str) -> Element:
    """Return a button that opens *url*."""
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def card(
    version: str, body: Sequence[Element], actions: Sequence[Element], *, fallback: str, speak: str
) -> Element:
    """
    Return a card; a host that cannot draw it shows *fallback*, and a screen reader says *speak*.

    Before version 1.5 a text has no style.
    """
    if version < "1.5":
        body = [{name: value for name, value in each.items() if name != "style"} for each in body]
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": version,
        "body": list(body),
        "actions": list(actions),
        "fallbackText": fallback,
        "speak": speak,
    }
