"""TEMPORARY: see trust branch."""

from typing import Protocol


class Tokens(Protocol):
    async def get(self) -> str | None: ...

    def forget(self, token: str) -> None: ...


class NoTokens:
    async def get(self) -> str | None:
        return None

    def forget(self, token: str) -> None:
        pass
