"""What a connector answered."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectorAnswer:
    """What the connector answered, in the SDK's names where it has any."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes  #: As much of it as was read.
    reason: str | None = None
