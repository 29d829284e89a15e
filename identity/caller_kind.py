"""The kinds of callers. `bot.permissions` defines what each kind may do."""

from enum import Enum

from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from identity.token_rules import SERVICE_URL_CLAIM, is_emulator


class CallerKind(Enum):
    """Who vouches for a caller."""

    ANYONE = "anyone"  #: No token: authentication is off.
    CHANNEL = "channel"  #: The Bot Connector, whose token names the channel's service URL.
    EMULATOR = "emulator"  #: A developer who has the bot's own password.
    APPLICATION = "application"  #: Another application in the directory: a job system.


def caller_kind(identity: ClaimsIdentity) -> CallerKind:
    """Return the kind of *identity*, as `CallerCheck.authenticate` returned it."""
    if identity.authentication_type == AuthenticationConstants.ANONYMOUS_AUTH_TYPE:
        return CallerKind.ANYONE
    if SERVICE_URL_CLAIM in identity.claims:
        return CallerKind.CHANNEL
    return CallerKind.EMULATOR if is_emulator(identity.claims) else CallerKind.APPLICATION
