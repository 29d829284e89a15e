"""What the bot prints once it listens: its address, database, authentication, and how to chat with it."""

from dataclasses import dataclass

#: Wildcard addresses, and for each one an address that works in a link.
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104

_PLAYGROUND = "npx --yes @microsoft/m365agentsplayground"


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeting:
    """The settings that a newcomer needs to see."""

    version: str
    host: str
    port: int
    path: str  #: Of the messages endpoint.
    storage: str  #: The database, without its password.
    app_id: str  #: Empty: authentication is off.
    app_tenant_id: str
    has_password: bool  #: False for a managed identity.
    listens_on_loopback: bool
    accepts_emulator_tokens: bool

    def lines(self) -> list[str]:
        """Return the lines to print."""
        lines = [f"The proactive bot {self.version} listens on {self._url}"]
        if self.host in _EVERY_ADDRESS:
            lines.append(f"HOST={self.host}: it also listens on every other address of this machine.")
        trust = trust_line(self.app_id, listens_on_loopback=self.listens_on_loopback)
        return [*lines, f"Jobs are kept in {self.storage}", trust, *self._chat(), "Stop it with Ctrl+C."]

    @property
    def _url(self) -> str:
        """The endpoint, as a person on this machine can open it."""
        host = _EVERY_ADDRESS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{self.path}"  # Brackets: IPv6.

    def _chat(self) -> list[str]:
        if self.app_id and not self.has_password:
            return [
                "A managed identity has no password to give to the Bot Framework Emulator:"
                " chat by Test in Web Chat, in the Azure portal."
            ]
        if self.app_id and not self.accepts_emulator_tokens:
            return [
                "Channels send to it through a proxy with TLS. To accept the Bot Framework Emulator and the"
                " Playground, set EMULATOR_TOKENS=true."
            ]
        with_identity, options = "", ""
        if self.app_id:
            with_identity = ", with the app id and its password"
            options = f" --client-id {self.app_id} --client-secret PASSWORD"
            options += f" --tenant-id {self.app_tenant_id}" if self.app_tenant_id else ""
        lines = [
            f"Chat with it: open that address in the Bot Framework Emulator{with_identity}, or run",
            f"  {_PLAYGROUND} -e {self._url} -c emulator{options}",
            "  While it runs, the Playground listens on all network interfaces of this machine.",
        ]
        if self.app_id and not self.listens_on_loopback:
            lines.append(
                "  SERVICE_URL_HOSTS must name the host that receives answers, such as http://localhost."
            )
        return lines


def trust_line(app_id: str, *, listens_on_loopback: bool) -> str:
    """Return one line about authentication: which callers the bot serves."""
    if app_id:
        return f"Authentication is on, for app {app_id}."
    if listens_on_loopback:
        return (
            "Authentication is off. That is safe while only this machine can reach the bot: a proxy or a"
            " tunnel in front makes it public. Set MicrosoftAppId and MicrosoftAppPassword then."
        )
    return "Authentication is off, as ALLOW_ANONYMOUS says: every machine that reaches the bot can use it."
