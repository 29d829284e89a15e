"""
Sign-in of operators: by a secret, or by the session that a secret opened.

A session is a signed text in a cookie, and nothing is stored. It is signed with a key from the very secret
that opened it, so the secret says the role, and a secret that is taken out of the settings ends its sessions.
Two secrets are valid at once while one replaces the other.
"""

import hashlib
import secrets as random
from collections.abc import Callable, Sequence
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from identity.lookup_budget import LookupBudget
from identity.secret_texts import is_one_of
from jobs.operators import Operator, Role
from lru_map import LruMap
from text import one_line

#: A working day: then the secret is asked for again.
SESSION = timedelta(hours=12)

NAME_LENGTH = 80  # characters

_SALT = "proactive-bot operator session"
_WAY = "secret"

#: Failed sign-ins of one address: so many at once, then one more after each interval.
_FAILURES, _ONE_MORE_AFTER = 10, timedelta(seconds=10)
_ADDRESSES = 1_024


class OperatorSecrets:
    """Checks secrets and sessions. Comparisons take the same time however close a guess comes."""

    def __init__(self, *, operators: Sequence[str], viewers: Sequence[str], now: Callable[[], float]) -> None:
        """
        Let *operators* act and *viewers* see.

        *now* is the time of signatures, in seconds since the epoch.
        """
        self._by_role = {Role.OPERATOR: operators, Role.VIEWER: viewers}
        self._sessions = [
            (role, _serializer(secret, now)) for role, known in self._by_role.items() for secret in known
        ]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._sessions)

    def operator(self, secret: str, name: str) -> Operator | None:
        """Return who has *secret* and says to be *name*; None if it is none of the secrets."""
        roles = [role for role, known in self._by_role.items() if is_one_of(secret, map(str.encode, known))]
        return Operator(_readable(name), roles[0], _WAY) if roles else None

    def open_session(self, secret: str, name: str) -> str | None:
        """Return the text that proves for `SESSION` who has *secret*; None if it is none of the secrets."""
        operator = self.operator(secret, name)
        if operator is None:
            return None
        known = [each for some in self._by_role.values() for each in some]
        _, serializer = self._sessions[known.index(secret)]
        return str(serializer.dumps([operator.name, random.token_urlsafe(12)]))

    def session(self, text: str) -> Operator | None:
        """Return whose session *text* is, if it is one that has not ended."""
        for role, serializer in self._sessions:
            try:
                name, _ = serializer.loads(text, max_age=int(SESSION.total_seconds()))
            except BadData:
                continue
            return Operator(name, role, _WAY)
        return None


class SignInLimit:
    """
    How often one address may fail to sign in.

    Secrets are too long to be guessed anyway; this keeps the log short.
    """

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._budgets: LruMap[str, LookupBudget] = LruMap(_ADDRESSES)

    def wait(self, address: str) -> timedelta:
        """Return how long *address* has to wait before it may try; zero if it may now."""
        budget = self._budgets.get(_network_of(address))
        return timedelta() if budget is None else budget.until_next()

    def failed(self, address: str) -> None:
        """Count a failed sign-in."""
        network = _network_of(address)
        budget = self._budgets.get(network)
        if budget is None:
            budget = LookupBudget(burst=_FAILURES, refill=_ONE_MORE_AFTER, monotonic=self._monotonic)
            self._budgets.put(network, budget)
        budget.take()


def _network_of(address: str) -> str:
    """Return what one client has at its disposal: an address, or a /64 of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


def _readable(name: str) -> str:
    return one_line(name, NAME_LENGTH).strip() or "an operator"


class _Signer(TimestampSigner):
    """Signs with the time of a clock that is given."""

    def __init__(self, secret_key: Any, salt: Any, *, now: Callable[[], float]) -> None:
        super().__init__(secret_key, salt, key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now())


def _serializer(secret: str, now: Callable[[], float]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=_SALT, signer=_Signer, signer_kwargs={"now": now})
