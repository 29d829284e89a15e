"""The bot's tokens, as a test says."""


class FakeTokens:
    """Hands out one token, and remembers which were refused."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.refused: list[str] = []

    async def get(self) -> str | None:
        return self.token

    def forget(self, token: str) -> None:
        self.refused.append(token)
