"""
Sign-in by the platform: Azure App Service and Container Apps put the person's name into headers (Easy Auth).

They remove such headers from what comes from outside, so their word counts where they are in front, and only
there: the settings that name people declare that.

Source: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

from collections.abc import Collection, Sequence

from jobs.operators import Operator, Role

#: The person's name, such as an e-mail address, and their id in the directory.
NAME_HEADER, ID_HEADER = "X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-CLIENT-PRINCIPAL-ID"

#: Among viewers, it stands for all whom the platform lets in.
EVERYBODY = "*"

_WAY = "Easy Auth"


class EasyAuth:
    """Knows who may see and who may act. Case does not matter in names and ids."""

    def __init__(self, *, operators: Collection[str], viewers: Collection[str]) -> None:
        self._operators = {name.casefold() for name in operators}
        self._viewers = {name.casefold() for name in viewers}

    def __bool__(self) -> bool:
        """Whether the platform is declared to be in front."""
        return bool(self._operators or self._viewers)

    def operator(self, names: Sequence[str], ids: Sequence[str]) -> Operator | None:
        """Return who the headers say it is, if that person may see the board; each must be there once."""
        if len(names) != 1 or len(ids) > 1 or not names[0]:
            return None
        known = {each.casefold() for each in (*names, *ids)}
        if known & self._operators:
            return Operator(names[0], Role.OPERATOR, _WAY)
        if known & self._viewers or EVERYBODY in self._viewers:
            return Operator(names[0], Role.VIEWER, _WAY)
        return None
