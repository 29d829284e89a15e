"""Compare secrets without telling by the time that it takes how close a guess came."""

import hmac
from collections.abc import Iterable


def is_one_of(text: str, expected: Iterable[bytes]) -> bool:
    """Return whether *text* is one of the *expected*. All are compared, whichever fits."""
    given = text.encode("utf-8", "surrogatepass")
    return bool(sum(hmac.compare_digest(given, each) for each in expected))
