"""Value types of settings, parsed from their text in the environment."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from network_names import is_loopback

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _none_for_ever(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() == "forever" else value


#: How long something is kept; None, written `forever`, for ever.
Days = Annotated[Annotated[float, Field(ge=1, le=36_500)] | None, BeforeValidator(_none_for_ever)]


def _in_capitals(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_in_capitals)]


def _split(value: Any) -> Any:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


#: Names separated by commas.
Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]


def _require_id(value: str) -> str:
    if value and not _ID.fullmatch(value):
        raise ValueError("is no id: use letters, digits, dots and dashes")
    return value


def _require_ids(value: frozenset[str]) -> frozenset[str]:
    odd = [text for text in sorted(value) if not _ID.fullmatch(text)]
    if odd:
        raise ValueError(f"no ids: {', '.join(map(repr, odd))}; write ids with commas between")
    return value


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

#: An app id, a tenant or a channel. They go into URLs, so no other characters are accepted.
Id = Annotated[str, AfterValidator(_require_id)]
Ids = Annotated[Names, AfterValidator(_require_ids)]


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


def _require_tokens(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(not _TOKEN.fullmatch(token.get_secret_value()) for token in value):
        raise ValueError("each must have 32 or more characters: letters, digits, dots, dashes, underscores")
    return value


#: So long that nobody guesses it, and without signs that a shell or a header changes.
_TOKEN = re.compile(r"[A-Za-z0-9._-]{32,256}")

#: Bearer tokens separated by commas.
Tokens = Annotated[Secrets, AfterValidator(_require_tokens)]


def _require_https_for_keys(value: AnyHttpUrl) -> AnyHttpUrl:
    if value.scheme != "https" and not is_local(value):
        raise ValueError("must be https: an attacker who changes the keys in transit can forge any token")
    return value


def _require_https_for_secrets(value: AnyHttpUrl) -> AnyHttpUrl:
    if value.scheme != "https":
        raise ValueError("must be https: the bot's secret is sent there")
    return value


#: Where keys are fetched; where the bot's secret is sent.
KeysUrl = Annotated[AnyHttpUrl, AfterValidator(_require_https_for_keys)]
LoginUrl = Annotated[AnyHttpUrl, AfterValidator(_require_https_for_secrets)]


def is_local(url: AnyHttpUrl) -> bool:
    """Return whether *url* leads to this machine."""
    return is_loopback((url.host or "").strip("[]"))
