"""
Drops from an activity's document what the SDK cannot make an object of.

One field of a wrong kind anywhere makes `Activity.deserialize` fail as a whole, or hands the bot a number
where it expects an object. A user's command must not go unanswered because some client put an odd
`localTimestamp` beside it.
"""

import logging
from typing import Any

from botbuilder import schema
from msrest.exceptions import DeserializationError
from msrest.serialization import Deserializer

_log = logging.getLogger(__name__)


def drop_wrong_kinds(document: dict[str, object], model: Any = schema.Activity) -> None:
    """Remove from *document*, in place and at every level, each field that is not what *model* declares."""
    for attribute in model._attribute_map.values():
        name, kind = attribute["key"], attribute["type"]
        if document.get(name) is not None and not _fits(document[name], kind):
            _log.debug("Left out %s of an activity: not %s", name, kind)
            del document[name]


def _fits(value: object, kind: str) -> bool:
    """
    Say whether *value* is of *kind*, in msrest's words: `str`, `[Entity]`, `{object}`, a model's name, …

    Fields deeper within are dropped; a list keeps only the items that fit.
    """
    if kind == "object":
        return True
    if kind.startswith("["):
        return _keep_fitting_items(value, kind[1:-1])
    if kind.startswith("{"):
        return isinstance(value, dict) and all(_fits(item, kind[1:-1]) for item in value.values())
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "iso-8601":
        return isinstance(value, str) and _is_instant(value)
    if isinstance(value, dict):
        drop_wrong_kinds(value, getattr(schema, kind))
        return True
    return False


def _keep_fitting_items(value: object, kind: str) -> bool:
    if not isinstance(value, list):
        return False
    value[:] = [item for item in value if item is not None and _fits(item, kind)]
    return True


def _is_instant(text: str) -> bool:
    try:
        Deserializer.deserialize_iso(text)
    except DeserializationError:
        return False
    return True
