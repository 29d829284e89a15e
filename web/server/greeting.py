"""What the bot prints once it listens: where it is, what it keeps, whom it trusts, how to chat with it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeting:
    """The settings that a newcomer needs to see."""

    host: str
    port: int
    path: str  #: Of the messages endpoint.
    storage: str  #: The database, without its password.
    app_id: str  #: Empty: authentication is off.
    listens_on_loopback: bool

    def lines(self) -> list[str]:
        """Return the lines to print."""
        host = f"[{self.host}]" if ":" in self.host else self.host  # IPv6
        url = f"http://{host}:{self.port}{self.path}"
        return [
            f"The proactive bot listens on {url}",
            f"Jobs are kept in {self.storage}",
            self._trust(),
            "Chat with it: open that address in the Bot Framework Emulator, or run",
            f"  npx @microsoft/m365agentsplayground -e {url} -c emulator",
            "Stop it with Ctrl+C.",
        ]

    def _trust(self) -> str:
        if self.app_id:
            return f"Authentication is on, for app {self.app_id}."
        if self.listens_on_loopback:
            return "Authentication is off. That is safe: only this machine can reach the bot."
        return "Authentication is off, as ALLOW_ANONYMOUS says: whoever reaches the bot can use it."
