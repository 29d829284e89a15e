"""Equality that tells 1 from True and one zone from another."""

from datetime import datetime

from msrest.serialization import Model


def exact(value: object) -> object:
    """Return what is equal for two values only if they are of the same types, all the way down."""
    if isinstance(value, Model):
        return type(value), exact(vars(value))
    if isinstance(value, dict):
        return dict, {(type(key), key): exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return list, [exact(item) for item in value]
    if isinstance(value, datetime):
        return datetime, value.isoformat()
    return type(value), value
