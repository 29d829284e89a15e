"""Value types of settings, parsed from their text in the environment."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _split(value: Any) -> Any:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


#: Names separated by commas.
Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]


def _split_secrets(value: Any) -> Any:
    return tuple(_split(value)) if isinstance(value, str) else value


#: Secrets separated by commas.
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_secrets)]


def _split_limits(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    limits: dict[str, list[tuple[int, float]]] = {}
    for text in value.split(";"):
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise ValueError(
                "write channel=sends/seconds with semicolons between, such as slack=1/1;slack=60/60"
            )
        limits.setdefault(match[1], []).append((int(match[2]), float(match[3])))
    return limits


_LIMIT = re.compile(r"\s*([\w-]+)\s*=\s*([1-9]\d{0,8})\s*/\s*([1-9]\d{0,8}(?:\.\d{1,3})?)\s*", re.ASCII)

#: For each channel id: pairs of (messages, seconds) that one conversation may receive.
ChannelLimits = Annotated[dict[str, list[tuple[int, float]]], NoDecode, BeforeValidator(_split_limits)]
